"use client";

import { useCallback, useState } from "react";
import { ErrorAlert } from "@/features/errors/error-alert";
import { firstToReport } from "@/features/errors/error-messages";
import { FilterBar } from "@/features/filters/filter-bar";
import { comparedRange, INTERVALS } from "@/features/filters/intervals";
import { UpdatesProvider } from "@/features/insights/updates";
import { useCatalog } from "@/features/insights/use-catalog";
import { useQuestion } from "@/features/insights/use-question";
import { eventFiltersOf } from "@/features/live/event-filters";
import { EventsPanel } from "@/features/live/events-panel";
import { EmptyPeriod } from "@/features/onboarding/empty-period";
import { Onboarding } from "@/features/onboarding/onboarding";
import { Notes } from "@/ui/notes";
import { Breakdown } from "./breakdown";
import type { FirstAnswers } from "./first-answers";
import { formatRange } from "./format";
import { MeasureCards } from "./measure-cards";
import { MeasureChart } from "./measure-chart";
import { COUNTED, countedOf, isLoaded } from "./measures";
import { type OverviewQuestion, overviewFrom, searchOfOverview } from "./overview-question";
import { useMeasures } from "./use-measures";

const EVENTS_HEIGHT = 360;
const EVENTS_REFRESH_MS = 15_000;
/** Few, because an idle page reads them again and again. */
const EVENTS_LISTED = 20;

interface OverviewProps {
  readonly first: FirstAnswers | undefined;
}

/** The measures and the newest events of the organisation. All filters are in the URL. */
export function Overview({ first }: OverviewProps) {
  return (
    <UpdatesProvider>
      <Page first={first} />
    </UpdatesProvider>
  );
}

function Page({ first }: OverviewProps) {
  const { state, problems, change } = useQuestion(overviewFrom, searchOfOverview);
  const catalog = useCatalog(state.dates.range);
  const { measures, shown, found, isOld, error, updatedAt, refetch } = useMeasures(state, first);
  const failure = firstToReport([error]);
  const isEmpty = measures?.[0]?.total === 0 && !state.filters.length;
  const [isNew, setIsNew] = useState(false);
  const startOnboarding = useCallback(() => setIsNew(true), []);
  const recount = useCallback(() => void refetch(), [refetch]);
  const counted = countedOf(shown?.name);
  const isUncounted = error?.code === "lake_unavailable"; // daily metrics are read only once
  if (isEmpty && found?.data.complete_through === null && !isNew) setIsNew(true);
  if (isNew && !measures?.some(isLoaded)) {
    const done = (): void => (isUncounted ? location.reload() : setIsNew(false));
    const isCounted = isUncounted || (found?.data.complete_through ?? null) !== null;
    return <Onboarding isCounted={isCounted} recount={recount} onDone={done} />;
  }
  return (
    <main className="mx-auto max-w-[120rem] space-y-4 px-3 pb-5 sm:px-6">
      <FilterBar
        title="Overview"
        question={state}
        catalog={catalog}
        intervals={INTERVALS}
        onChange={change}
      />
      <Notes
        notes={[
          ...problems,
          ...notesOf(
            state,
            measures?.map(({ name }) => name),
          ),
        ]}
      />
      {failure && <ErrorAlert error={failure} retry={() => void refetch()} />}
      <MeasureCards
        measures={measures}
        shown={shown?.name}
        isOld={isOld}
        onShow={(measure) => change({ measure }, "measure")}
      />
      <p className="text-xs text-muted">{summaryOf(state)}</p>
      {isEmpty && <EmptyPeriod onNone={isUncounted ? startOnboarding : undefined} />}
      <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_24rem]">
        <MeasureChart
          measure={shown}
          question={found?.question ?? state}
          isOld={isOld}
          updatedAt={updatedAt}
          complete_through={found?.data.complete_through}
        />
        <Breakdown
          question={state}
          title={counted.title}
          series={counted.series}
          catalog={catalog}
          onChange={change}
        />
      </div>
      {!isEmpty && (
        <EventsPanel
          filters={eventFiltersOf(state, EVENTS_LISTED)}
          height={EVENTS_HEIGHT}
          refreshMs={EVENTS_REFRESH_MS}
        />
      )}
    </main>
  );
}

function notesOf(
  { measure, filters }: OverviewQuestion,
  names: readonly string[] | undefined,
): readonly string[] {
  if (!names || names.includes(measure)) return [];
  return filters.length && !COUNTED.some(({ name }) => name === measure)
    ? [`The metric “${measure}” isn't made of events, so it can't be filtered. Showing events.`]
    : [`This organisation has no metric “${measure}”. Showing events.`];
}

function summaryOf({ dates: { range }, compare, timezone }: OverviewQuestion): string {
  const before = compare === "off" ? "" : ` compared with ${formatRange(comparedRange(range, compare))}`;
  return `${formatRange(range)}${before}. Days are in ${timezone === "UTC" ? "UTC" : `the time zone ${timezone}`}.`;
}

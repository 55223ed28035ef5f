"use client";

import { useEvents } from "@acme/analytics-react";
import { ErrorAlert } from "@/features/errors/error-alert";
import { firstToReport } from "@/features/errors/error-messages";
import { FilterBar } from "@/features/filters/filter-bar";
import { type Question, searchOf } from "@/features/insights/address";
import { UpdatesProvider } from "@/features/insights/updates";
import { useCatalog } from "@/features/insights/use-catalog";
import { useQuestion } from "@/features/insights/use-question";
import { Notes } from "@/ui/notes";
import { eventFiltersOf } from "./event-filters";
import { EventsPanel } from "./events-panel";
import { questionFrom } from "./question";

const REFRESH_MS = 3_000;
const HEIGHT = 680;
const PAGE_EVENTS = 100;

/** The list of events, to which new events are added as they arrive. All filters are in the URL. */
export function Live() {
  const { state, problems, change } = useQuestion(questionFrom, searchOfQuestion);
  const catalog = useCatalog(state.dates.range);
  const filters = eventFiltersOf(state, PAGE_EVENTS);
  return (
    <main className="mx-auto max-w-[120rem] space-y-4 px-3 pb-5 sm:px-6">
      <FilterBar hasOnlyFields title="Live" question={state} catalog={catalog} onChange={change} />
      <Notes notes={problems} />
      <UpdatesProvider>
        {filters && <Failure filters={filters} />}
        <EventsPanel filters={filters} height={HEIGHT} refreshMs={REFRESH_MS} />
      </UpdatesProvider>
    </main>
  );
}

/** Says that the list couldn't be read. */
function Failure({ filters }: { readonly filters: NonNullable<ReturnType<typeof eventFiltersOf>> }) {
  const { error, refresh } = useEvents(filters);
  const failure = firstToReport([error]);
  return failure && <ErrorAlert error={failure} retry={() => void refresh()} />;
}

function searchOfQuestion(question: Question): string {
  return searchOf(question, []);
}

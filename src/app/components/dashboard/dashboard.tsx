"use client";

import { useEvents } from "@acme/analytics-react";
import { type Day, periodBefore } from "@/lib/days";
import { DEFAULT_METRIC, eventFiltersOf, toggled } from "@/lib/filters";
import { formatRange } from "@/lib/format";
import { type FirstMetrics, useDashboardMetrics } from "@/lib/use-dashboard-metrics";
import { useSession } from "@/lib/session-client";
import { useEventTypes } from "@/lib/use-event-types";
import { useFilters } from "@/lib/use-filters";
import { useToday } from "@/lib/use-today";
import { Breakdown } from "./breakdown";
import { ChartPanel } from "./chart-panel";
import { ErrorNote } from "./error-note";
import { FilterBar } from "./filter-bar";
import { FilterNotes } from "./filter-notes";
import { FirstEvent } from "./first-event";
import { MetricCards } from "./metric-cards";
import { RecentEvents } from "./recent-events";

const EVENTS_REFRESH_MS = 3000;
const METRICS_REFRESH_MS = 15_000;

interface DashboardProps {
  readonly today: Day;
  readonly first: FirstMetrics | undefined;
}

/** The organisation at a glance, then closer; what it shows is in the address. */
export function Dashboard({ today: rendered, first: read }: DashboardProps) {
  const { org_id } = useSession();
  const first = read?.current.org_id === org_id ? read : undefined; // the cookie's, which another tab may switch
  const today = useToday(rendered);
  const { filters, problems, change } = useFilters(today);
  const types = useEventTypes(filters.range, METRICS_REFRESH_MS);
  const { metrics, error, refetch } = useDashboardMetrics(filters, { first, refreshMs: METRICS_REFRESH_MS });
  // The list that the table below shows. It is refreshed often, so it is the first to notice an outage.
  const events = useEvents(eventFiltersOf(filters), { refreshMs: EVENTS_REFRESH_MS });
  const named = metrics?.find(({ current }) => current.name === filters.metric);
  const shown = named ?? metrics?.find(({ current }) => current.name === DEFAULT_METRIC);
  const show = (metric: string): void => change({ metric });
  const retry = (): void => {
    refetch();
    types.refetch();
    void events.refresh();
  };
  const isEmpty = types.counts?.length === 0;
  const failure = error ?? types.error ?? events.error;
  return (
    <main className="mx-auto max-w-[120rem] space-y-4 px-3 py-5 sm:px-6">
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
        <h1 className="text-xl font-semibold">Dashboard</h1>
        <FilterBar filters={filters} counts={types.counts} today={today} change={change} />
      </div>
      <FilterNotes filters={filters} problems={problems} isMetricKnown={!metrics || Boolean(named)} />
      {failure && <ErrorNote error={failure} retry={retry} />}
      <MetricCards metrics={metrics} shown={shown?.current.name} onShow={show} />
      <p className="text-xs text-muted">
        {formatRange(filters.range)}, compared with {formatRange(periodBefore(filters.range))}. Days are in
        UTC{filters.range.end_date === today && "; today is not over"}.
      </p>
      {isEmpty && <FirstEvent />}
      <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_22rem]">
        <ChartPanel metrics={metrics} shown={shown} onShow={show} />
        <Breakdown
          counts={types.counts}
          chosen={filters.event_types}
          onToggle={(type) => change({ event_types: toggled(filters.event_types, type) })}
        />
      </div>
      {!isEmpty && <RecentEvents filters={filters} />}
    </main>
  );
}

"use client";

import { useEvents } from "@acme/analytics-react";
import { ErrorAlert } from "@/features/errors/error-alert";
import { firstToReport } from "@/features/errors/error-messages";
import { Breakdown } from "./breakdown";
import { ChartPanel } from "./chart-panel";
import { type Day, periodBefore } from "./days";
import { FilterBar, FilterNotes } from "./filter-bar";
import { DEFAULT_METRIC, eventFiltersOf, toggled } from "./filters";
import { FirstEvent } from "./first-event";
import { formatRange } from "./format";
import { MetricCards } from "./metric-cards";
import { RecentEvents } from "./recent-events";
import { type FirstMetrics, useDashboardMetrics } from "./use-dashboard-metrics";
import { useEventTypes } from "./use-event-types";
import { useFilters, useToday } from "./use-filters";

const EVENTS_REFRESH_MS = 3000;
const METRICS_REFRESH_MS = 15_000;
const EVENTS_HEIGHT = 520;

interface DashboardProps {
  readonly today: Day;
  readonly first: FirstMetrics | undefined;
}

/** The metrics and events of the organisation. All filters are in the URL. */
export function Dashboard({ today: rendered, first }: DashboardProps) {
  const today = useToday(rendered);
  const { filters, problems, change } = useFilters(today);
  const types = useEventTypes(filters.range, METRICS_REFRESH_MS);
  const { metrics, error, refetch } = useDashboardMetrics(filters, { first, refreshMs: METRICS_REFRESH_MS });
  // The list of the table below. It is refreshed most often, so an outage shows here first.
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
  const failure = firstToReport([error, types.error, events.error]);
  return (
    <main className="mx-auto max-w-[120rem] space-y-4 px-3 py-5 sm:px-6">
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
        <h1 className="text-xl font-semibold">Overview</h1>
        <FilterBar filters={filters} counts={types.counts} today={today} change={change} />
      </div>
      <FilterNotes filters={filters} problems={problems} isMetricKnown={!metrics || Boolean(named)} />
      {failure && <ErrorAlert error={failure} retry={retry} />}
      <MetricCards metrics={metrics} shown={shown?.current.name} onShow={show} />
      <p className="text-xs text-muted">
        {formatRange(filters.range)} compared with {formatRange(periodBefore(filters.range))}. Days are in
        UTC.
        {filters.range.end_date === today && " Today is incomplete."}
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
      {!isEmpty && <RecentEvents filters={filters} height={EVENTS_HEIGHT} />}
    </main>
  );
}

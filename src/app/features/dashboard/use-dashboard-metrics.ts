"use client";

import { type MetricsOptions, useMetrics } from "@acme/analytics-react";
import type { AnalyticsError, MetricsSummary, MetricSummary } from "@acme/analytics-sdk";
import { useMemo } from "react";
import { type DayRange, periodBefore } from "./days";
import type { Filters } from "./filters";
import { eventsOf } from "./metrics";

/** A metric of the selected and of the previous period. */
export interface ComparedMetric {
  readonly current: MetricSummary;
  readonly previous: MetricSummary | undefined;
}

/** The metrics that the server read for the first render. */
export interface FirstMetrics {
  readonly current: MetricsSummary;
  readonly previous: MetricsSummary;
}

export interface DashboardMetrics {
  readonly metrics: readonly ComparedMetric[] | undefined;
  readonly error: AnalyticsError | undefined;
  readonly refetch: () => void;
}

/** Read all metrics of the organisation. The `events` metric counts only the selected event types. */
export function useDashboardMetrics(
  { range, event_types }: Filters,
  { first, refreshMs }: { readonly first: FirstMetrics | undefined; readonly refreshMs: number },
): DashboardMetrics {
  const current = useFilteredMetrics(range, event_types, { initialData: first?.current, refreshMs });
  const before = { initialData: first?.previous, refreshMs };
  const previous = useFilteredMetrics(periodBefore(range), event_types, before);
  const metrics = useMemo(
    () =>
      current.metrics?.map((metric) => ({
        current: metric,
        previous: previous.metrics?.find(({ name }) => name === metric.name),
      })),
    [current.metrics, previous.metrics],
  );
  const refetch = (): void => {
    current.refetch();
    previous.refetch();
  };
  return { metrics, error: current.error ?? previous.error, refetch };
}

function useFilteredMetrics(range: DayRange, event_types: readonly string[], options: MetricsOptions) {
  const all = useMetrics(range, options);
  const names = event_types.map((type) => `events.${type}`);
  // Without selected types, both calls have the same parameters and share one request.
  const chosen = useMetrics(names.length ? { ...range, metrics: names } : range, options);
  const metrics = useMemo(() => {
    if (!all.data || !event_types.length) return all.data?.metrics;
    const events = chosen.data && eventsOf(chosen.data.metrics);
    return events && all.data.metrics.map((metric) => (metric.name === "events" ? events : metric));
  }, [all.data, chosen.data, event_types]);
  const refetch = (): void => {
    void all.refetch();
    void chosen.refetch();
  };
  return { metrics, error: all.error ?? chosen.error, refetch };
}

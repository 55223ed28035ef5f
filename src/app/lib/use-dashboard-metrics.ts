"use client";

import { type MetricsOptions, useMetrics } from "@acme/analytics-react";
import type { AnalyticsError, MetricsSummary, MetricSummary } from "@acme/analytics-sdk";
import { useMemo } from "react";
import { type DayRange, periodBefore } from "./days";
import type { Filters } from "./filters";
import { eventsOf } from "./metrics";

/** A metric over the range, and over the period before it. */
export interface ComparedMetric {
  readonly current: MetricSummary;
  readonly previous: MetricSummary | undefined;
}

/** What the server has read for the filters that the page was opened with. */
export interface FirstMetrics {
  readonly current: MetricsSummary;
  readonly previous: MetricsSummary;
}

export interface DashboardMetrics {
  readonly metrics: readonly ComparedMetric[] | undefined;
  readonly error: AnalyticsError | undefined;
  readonly refetch: () => void;
}

/** All metrics of the organisation; chosen event types narrow what `events` counts. */
export function useDashboardMetrics(
  { range, event_types }: Filters,
  { first, refreshMs }: { readonly first: FirstMetrics | undefined; readonly refreshMs: number },
): DashboardMetrics {
  const current = useNarrowed(range, event_types, { initialData: first?.current, refreshMs });
  const before = { initialData: first?.previous, refreshMs };
  const previous = useNarrowed(periodBefore(range), event_types, before);
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

function useNarrowed(range: DayRange, event_types: readonly string[], options: MetricsOptions) {
  const all = useMetrics(range, options);
  const names = event_types.map((type) => `events.${type}`);
  // Without a choice this asks what `all` has asked: they share the answer.
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

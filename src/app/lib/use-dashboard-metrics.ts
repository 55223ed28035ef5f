"use client";

import { useMetrics } from "@acme/analytics-react";
import type { AnalyticsError, MetricSummary } from "@acme/analytics-sdk";
import { useMemo } from "react";
import { type DayRange, periodBefore } from "./days";
import type { Filters } from "./filters";
import { eventsOf } from "./metrics";

/** A metric over the range, and over the period before it. */
export interface ComparedMetric {
  readonly current: MetricSummary;
  readonly previous: MetricSummary | undefined;
}

export interface DashboardMetrics {
  readonly metrics: readonly ComparedMetric[] | undefined;
  readonly error: AnalyticsError | undefined;
  readonly refetch: () => void;
}

/** All metrics of the organisation; chosen event types narrow what `events` counts. */
export function useDashboardMetrics({ range, event_types }: Filters, refreshMs: number): DashboardMetrics {
  const current = useNarrowed(range, event_types, refreshMs);
  const previous = useNarrowed(periodBefore(range), event_types, refreshMs);
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

function useNarrowed(range: DayRange, event_types: readonly string[], refreshMs: number) {
  const all = useMetrics(range, { refreshMs });
  const names = event_types.map((type) => `events.${type}`);
  // Without a choice this asks what `all` has asked: they share the answer.
  const chosen = useMetrics(names.length ? { ...range, metrics: names } : range, { refreshMs });
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

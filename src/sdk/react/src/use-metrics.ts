import type { MetricsParams, MetricsSummary } from "@acme/analytics-sdk";
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { keyOf, shared, useStable } from "./cache.ts";
import { initialMetrics, type MetricsState, MetricsStore } from "./metrics-store.ts";
import { useAnalytics } from "./provider.tsx";
import { useInterval } from "./use-interval.ts";
import { useWake } from "./use-wake.ts";

export interface MetricsOptions {
  /** What a server has rendered for the first parameters: shown at once, refreshed when it is stale. */
  readonly initialData?: MetricsSummary | undefined;
  /** How long fetched metrics are good, in milliseconds. Default: 30,000. */
  readonly staleMs?: number;
  /** Fetch again every so many milliseconds while the page is seen. Default: never. */
  readonly refreshMs?: number | undefined;
  /** Refresh stale metrics when the page is seen again. Default: true. */
  readonly refreshOnFocus?: boolean;
}

export interface MetricsResult extends MetricsState {
  readonly refetch: () => Promise<void>;
}

/**
 * Daily values and totals. What is known is shown at once and refreshed behind; components that ask the
 * same share one request and one answer.
 */
export function useMetrics(params: MetricsParams = {}, options: MetricsOptions = {}): MetricsResult {
  const client = useAnalytics();
  const stable = useStable(params);
  const data = useInitialData(stable, options.initialData);
  const initial = useMemo(() => initialMetrics(data), [data]);
  const store = useMemo(
    () => shared(client, "metrics", stable, (forget) => new MetricsStore(client, stable, initial, forget)),
    [client, stable, initial],
  );
  const state = useSyncExternalStore(store.subscribe, store.getSnapshot, () => initial);
  useRevalidation(store, options);
  return { ...state, refetch: store.refetch };
}

/** The initial data, unless the parameters have changed since it came or it says that it is for others. */
function useInitialData(params: MetricsParams, data: MetricsSummary | undefined): MetricsSummary | undefined {
  const key = keyOf(params);
  const [given, setGiven] = useState({ data, key });
  const isSame = given.data === data || JSON.stringify(given.data) === JSON.stringify(data);
  const current = isSame ? given : { data, key };
  if (!isSame) setGiven(current);
  const { data: initial } = current;
  return initial && current.key === key && fits(initial, params) ? initial : undefined;
}

function fits(data: MetricsSummary, { metrics, ...range }: MetricsParams): boolean {
  const names = new Set(data.metrics.map(({ name }) => name));
  return (
    Object.entries(range).every(([name, value]) => !value || data[name as keyof MetricsSummary] === value) &&
    (metrics ?? []).every((name) => names.has(name))
  );
}

function useRevalidation(
  store: MetricsStore,
  { staleMs = 30_000, refreshMs, refreshOnFocus = true }: MetricsOptions,
): void {
  useEffect(() => store.revalidate(staleMs), [store, staleMs]);
  useWake(
    useCallback(() => store.revalidate(staleMs, true), [store, staleMs]),
    refreshOnFocus,
  );
  useInterval(
    useCallback(() => store.revalidate(0), [store]),
    refreshMs,
  );
}

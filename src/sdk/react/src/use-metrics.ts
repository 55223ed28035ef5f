import type { MetricsParams, MetricsSummary } from "@acme/analytics-sdk";
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { keyOf, shared, useStable } from "./cache.ts";
import { initialMetrics, type MetricsState, MetricsStore } from "./metrics-store.ts";
import { useAnalytics } from "./provider.tsx";
import { useInterval } from "./use-interval.ts";
import { useWake } from "./use-wake.ts";

export interface MetricsOptions {
  /** Data that a server has rendered for the first parameters. They are shown immediately and refreshed when stale. */
  readonly initialData?: MetricsSummary | undefined;
  /** How long fetched metrics are fresh, in milliseconds. Default: 30,000. */
  readonly staleMs?: number;
  /** The refresh interval in milliseconds while the page is visible. Default: never. */
  readonly refreshMs?: number | undefined;
  /** Whether stale metrics are refreshed when the page gets the focus. Default: true. */
  readonly refreshOnFocus?: boolean;
}

export interface MetricsResult extends MetricsState {
  readonly refetch: () => Promise<void>;
}

/**
 * Return daily values and totals. Cached data are returned immediately and refreshed in the background. Components
 * with the same parameters share one request.
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

/** Return the initial data, unless they belong to other parameters. */
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
  useInterval(store.poll, refreshMs);
}

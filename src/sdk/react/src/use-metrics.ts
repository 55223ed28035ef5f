import type { MetricsParams, MetricsSummary } from "@acme/analytics-sdk";
import { useCallback, useEffect, useMemo, useSyncExternalStore } from "react";
import { shared, useStable } from "./cache.ts";
import { initialMetrics, type MetricsState, MetricsStore } from "./metrics-store.ts";
import { useAnalytics } from "./provider.tsx";
import { useInterval } from "./use-interval.ts";

export interface MetricsOptions {
  /** What a server has rendered: shown at once, refreshed when it is stale. */
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
  const { initialData } = options;
  const initial = useMemo(() => initialMetrics(initialData), [initialData]);
  const store = useMemo(
    () => shared(client, "metrics", stable, (forget) => new MetricsStore(client, stable, initial, forget)),
    [client, stable, initial],
  );
  const state = useSyncExternalStore(store.subscribe, store.getSnapshot, () => initial);
  useRevalidation(store, options);
  return { ...state, refetch: store.refetch };
}

function useRevalidation(
  store: MetricsStore,
  { staleMs = 30_000, refreshMs, refreshOnFocus = true }: MetricsOptions,
): void {
  useEffect(() => store.revalidate(staleMs), [store, staleMs]);
  useEffect(() => {
    if (!refreshOnFocus) return undefined;
    const look = (): void => {
      if (document.visibilityState === "visible") store.revalidate(staleMs);
    };
    document.addEventListener("visibilitychange", look);
    window.addEventListener("focus", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      window.removeEventListener("focus", look);
    };
  }, [store, staleMs, refreshOnFocus]);
  useInterval(
    useCallback(() => store.revalidate(0), [store]),
    refreshMs,
  );
}

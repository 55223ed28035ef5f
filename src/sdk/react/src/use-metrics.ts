import type { MetricsParams, MetricsSummary } from "@acme/analytics-sdk";
import { READ_MS } from "./observable.ts";
import { type QueryOptions, type QueryResult, type Source, useQuery } from "./use-query.ts";

export type MetricsOptions = QueryOptions<MetricsSummary>;

export type MetricsResult = QueryResult<MetricsSummary>;

const METRICS: Source<MetricsParams, MetricsSummary> = {
  name: "metrics",
  read: (client, params, options) => client.getMetricsSummary(params, { ...options, timeoutMs: READ_MS }),
  fits: (data, { metrics, ...range }) => {
    const names = new Set(data.metrics.map(({ name }) => name));
    return (
      Object.entries(range).every(
        ([name, value]) => !value || data[name as keyof MetricsSummary] === value,
      ) && (metrics ?? []).every((name) => names.has(name))
    );
  },
};

/**
 * Return daily values and totals. Cached data are returned immediately and refreshed in the background. Components
 * with the same parameters share one request.
 */
export function useMetrics(params: MetricsParams = {}, options: MetricsOptions = {}): MetricsResult {
  return useQuery(METRICS, params, options);
}

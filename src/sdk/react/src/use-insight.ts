import {
  type FunnelQuery,
  type FunnelResult,
  getFunnel,
  getRetention,
  getTrends,
  type RetentionQuery,
  type RetentionResult,
  type TrendsQuery,
  type TrendsResult,
} from "@acme/analytics-sdk/insights";
import { type QueryOptions, type QueryResult, type Source, useQuery } from "./use-query.ts";

/** The queries and the results by the kind of insight. */
interface Insights {
  readonly trends: { readonly query: TrendsQuery; readonly result: TrendsResult };
  readonly funnel: { readonly query: FunnelQuery; readonly result: FunnelResult };
  readonly retention: { readonly query: RetentionQuery; readonly result: RetentionResult };
}

export type InsightKind = keyof Insights;

/** A query of the API, and the kind of insight that it asks for. */
export type InsightQuery<Kind extends InsightKind = InsightKind> = {
  readonly kind: Kind;
} & Insights[Kind]["query"];

export type InsightOptions<Kind extends InsightKind = InsightKind> = QueryOptions<Insights[Kind]["result"]>;

export type InsightResult<Kind extends InsightKind = InsightKind> = QueryResult<Insights[Kind]["result"]>;

const READS = { trends: getTrends, funnel: getFunnel, retention: getRetention };

const INSIGHTS: Source<InsightQuery, Insights[InsightKind]["result"]> = {
  name: "insight",
  read: (client, { kind, ...query }, options, previous) => {
    const read = READS[kind] as (...call: readonly unknown[]) => Promise<Insights[InsightKind]["result"]>;
    return read(client, query, { ...options, previous });
  },
  fits: (data, { timezone = "UTC" }) => !("timezone" in data) || data.timezone === timezone,
};

/**
 * Return a trend, a funnel or a retention table. Cached results are returned immediately and refreshed in the
 * background. Components with the same query share one request, whatever the order of its members is. If a refresh
 * finds no change, `data` stays the same object.
 */
export function useInsight<Kind extends InsightKind>(
  query: InsightQuery<Kind>,
  options: InsightOptions<Kind> = {},
): InsightResult<Kind> {
  return useQuery(INSIGHTS, query as InsightQuery, options);
}

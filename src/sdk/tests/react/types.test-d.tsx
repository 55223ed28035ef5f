import { type InsightQuery, useInsight } from "@acme/analytics-react";
import type { FunnelResult, RetentionResult, TrendsResult } from "@acme/analytics-sdk/insights";
import { expectTypeOf, test } from "vitest";

test("The data of useInsight have the type of the query's kind", () => {
  const trends = () => useInsight({ kind: "trends", series: [{}] }).data;
  const retention = () => useInsight({ kind: "retention" }).data;
  const any = (query: InsightQuery) => useInsight(query).data;
  expectTypeOf(trends).returns.toEqualTypeOf<TrendsResult | undefined>();
  expectTypeOf(retention).returns.toEqualTypeOf<RetentionResult | undefined>();
  expectTypeOf(any).returns.toEqualTypeOf<TrendsResult | FunnelResult | RetentionResult | undefined>();
});

test("A query of another kind doesn't compile", () => {
  // @ts-expect-error a funnel has steps
  void (() => useInsight({ kind: "funnel", series: [{}] }));
  // @ts-expect-error an unknown kind
  void (() => useInsight({ kind: "paths" }));
  // @ts-expect-error a misspelt member
  void (() => useInsight({ kind: "trends", series: [{}], timeZone: "UTC" }));
});

// Results of insights, and components that show them.
import { AnalyticsClient } from "@acme/analytics-sdk";
import type { FunnelResult, RetentionResult, TrendsResult } from "@acme/analytics-sdk/insights";
import { vi } from "vitest";

type Value = number | null;

/** Return a trend by day from 1 March 2026 with one series. */
export function aTrend(values: readonly Value[], previous?: readonly Value[]): TrendsResult {
  const sum = (all: readonly Value[]): number =>
    all.reduce<number>((total, value) => total + (value ?? 0), 0);
  return {
    complete_through: null,
    timezone: "UTC",
    interval: "day",
    buckets: values.map(
      (_, index) => `${new Date(Date.UTC(2026, 2, 1 + index)).toISOString().slice(0, 10)}T00:00:00+00:00`,
    ),
    series: [
      {
        index: 0,
        breakdown: null,
        total: sum(values),
        values,
        ...(previous && { previous: { total: sum(previous), values: previous } }),
      },
    ],
  };
}

/** Return a funnel whose steps have these numbers of users. */
export function aFunnel(...users: readonly number[]): FunnelResult {
  const share = (part: number, whole = 0): number | null => (whole ? part / whole : null);
  const steps = users.map((count, index) => ({
    index,
    users: count,
    conversion_overall: share(count, users[0]),
    conversion_previous: share(count, index ? users[index - 1] : users[0]),
    median_seconds: null,
    average_seconds: null,
  }));
  return { complete_through: null, steps };
}

/** Return the retention of two weekly cohorts, of which the second one isn't complete. */
export function aRetention(): RetentionResult {
  const cell = (period: number, users: number, complete = true) => ({ period, users, complete });
  return {
    complete_through: null,
    cohorts: [
      { date: "2026-03-02", size: 200, values: [cell(0, 200), cell(1, 50)] },
      { date: "2026-03-09", size: 100, values: [cell(0, 90), cell(1, 10, false)] },
    ],
    overall: [
      { period: 0, rate: 29 / 30 },
      { period: 1, rate: 0.25 },
    ],
  };
}

type Respond = () => Response | Promise<Response>;

/** Return a client, and its `fetch`, which returns these responses. The last one is returned for all further requests. */
export function withResponses(...responses: readonly Respond[]) {
  const fetch = vi.fn<typeof globalThis.fetch>(async () => responses.at(-1)!());
  for (const respond of responses.slice(0, -1)) fetch.mockImplementationOnce(async () => respond());
  const client = new AnalyticsClient({
    getToken: () => "token",
    baseUrl: "http://api.test",
    fetch,
    backoffBaseMs: 1,
    onError: () => {},
  });
  return { client, fetch };
}

export const problem = (status: number, code: string): Response =>
  Response.json({ status, code, detail: code }, { status });

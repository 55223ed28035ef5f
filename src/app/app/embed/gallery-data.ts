// The made-up results that the gallery shows.
import type { FunnelResult, RetentionResult, TrendsResult } from "@acme/analytics-sdk/insights";
import { addDays, type Day } from "@/features/dashboard/days";

/** What the components of a section show. */
export interface Results {
  readonly getTrends: TrendsResult;
  readonly getFunnel: FunnelResult;
  readonly getRetention: RetentionResult;
}

const DAYS = 14;
const COHORTS = 6;
const complete_through = null;

/** Return results of the last two weeks, which are the same at every call. */
export function resultsOf(today: Day): Results {
  return {
    getTrends: trend(today),
    getFunnel: funnel([4_210, 2_873, 1_904, 611]),
    getRetention: retention(today),
  };
}

/** Return results with very large numbers, unknown values and groups with unusual names. */
export function oddResultsOf(today: Day, names: readonly string[]): Results {
  const { buckets, series, ...rest } = trend(today);
  const values = buckets.map((_, day) => (day % 5 === 3 ? null : (day - 4) * 98_765_432.1));
  const total = 987_654_321_098;
  const groups = names.map((value, index) => ({
    ...series[0]!,
    total,
    breakdown: { kind: "value", value } as const,
    values: values.map((number) => (number === null ? null : number * (index + 1))),
  }));
  return {
    getTrends: { ...rest, buckets, series: groups },
    getFunnel: funnel([1, 1, 0, 0]),
    getRetention: retention(today),
  };
}

function trend(today: Day): TrendsResult {
  const values = Array.from({ length: DAYS }, (_, day) => 120 + 8 * day + 40 * ((day * 5) % 7));
  const before = values.map((value, day) => value - 30 + 9 * ((day * 3) % 5));
  return {
    complete_through,
    timezone: "UTC",
    interval: "day",
    buckets: values.map((_, day) => `${addDays(today, day + 1 - DAYS)}T00:00:00+00:00`),
    series: [{ index: 0, breakdown: null, ...figures(values), previous: figures(before) }],
  };
}

function funnel(users: readonly number[]): FunnelResult {
  const steps = users.map((count, index) => ({
    index,
    users: count,
    conversion_overall: users[0] ? count / users[0] : null,
    conversion_previous: users[index - 1] ? count / users[index - 1]! : null,
    median_seconds: null,
    average_seconds: null,
  }));
  return { complete_through, steps };
}

function retention(today: Day): RetentionResult {
  const periods = Array.from({ length: COHORTS }, (_, period) => period);
  const cohorts = periods.map((cohort) => {
    const size = 180 + 37 * cohort;
    const values = periods.map((period) => ({
      period,
      users: period < COHORTS - cohort ? Math.round(size * rate(period)) : 0,
      complete: period < COHORTS - cohort - 1,
    }));
    return { date: addDays(today, 7 * (cohort + 1 - COHORTS)), size, values };
  });
  const overall = periods.map((period) => ({ period, rate: period < COHORTS - 1 ? rate(period) : null }));
  return { complete_through, cohorts, overall };
}

function figures(values: readonly number[]) {
  return { total: values.reduce((sum, value) => sum + value, 0), values };
}

/** Return the share of users who return in a period. */
function rate(period: number): number {
  return 0.9 / (1 + period);
}

import type { MetricsSummary, MetricSummary } from "@acme/analytics-sdk";
import type { Interval, TrendsResult } from "@acme/analytics-sdk/insights";
import type { Value } from "@/features/charts/plot";
import type { Series } from "@/features/insights/trends-question";

/** A number of the overview, its values over time, and the same of the earlier range. */
export interface Measure {
  readonly name: string;
  readonly title: string;
  /** How the total is computed, such as `total`. Empty if the title says so. */
  readonly kind: string;
  readonly total: Value;
  /** The code of ISO 4217, if the values are amounts of money. */
  readonly currency?: string | null | undefined;
  readonly values: readonly Value[];
  readonly previous?: { readonly total: Value; readonly values: readonly Value[] } | undefined;
  readonly buckets: readonly string[];
  readonly interval: Interval;
  /** The series that is counted. Undefined for metrics that were loaded. */
  readonly series?: Series;
}

interface Counted {
  readonly name: string;
  readonly title: string;
  readonly kind: string;
  readonly series: Series;
}

/** The measures of events that every organisation has. */
export const COUNTED: readonly Counted[] = [
  { name: "events", title: "Events", kind: "total", series: { filters: [] } },
  { name: "users", title: "Users", kind: "unique", series: { filters: [], aggregate: "unique_users" } },
  {
    name: "per_user",
    title: "Events per user",
    kind: "",
    series: { filters: [], aggregate: "per_user" },
  },
];

/** Return the measure of events with this name, or the first one. */
export function countedOf(name: string | undefined): Counted {
  return COUNTED.find((one) => one.name === name) ?? COUNTED[0]!;
}

/** The metrics of the API that the measures of events replace. */
const REPLACED: ReadonlySet<string> = new Set(["events", "active_users"]);

/** Return whether a measure is a metric that the organisation has loaded. */
export function isLoaded({ name, series }: Measure): boolean {
  return !series && !REPLACED.has(name);
}

/** Return the measures of a trend that asks for `COUNTED`. */
export function countedMeasures({ series, buckets, interval }: TrendsResult): readonly Measure[] {
  return series.map(({ index, total, values, previous }) => ({
    ...COUNTED[index]!,
    total,
    values,
    previous: previous ?? undefined,
    buckets,
    interval,
  }));
}

/**
 * Return the metrics that the organisation has loaded, compared with those of the earlier range. With `hasCounts`, also
 * return the daily metrics of events, which can't be filtered.
 */
export function loadedMeasures(
  current: MetricsSummary | undefined,
  before: MetricsSummary | undefined,
  hasCounts = false,
): readonly Measure[] {
  const isShown = ({ name }: MetricSummary): boolean => hasCounts || !REPLACED.has(name);
  const loaded =
    current?.metrics.filter((metric) => isShown(metric) && !metric.name.startsWith("events.")) ?? [];
  return loaded.map((metric) => {
    const earlier = before?.metrics.find(({ name }) => name === metric.name);
    return {
      name: metric.name,
      title: titleOf(metric.name),
      kind: { count: "total", sum: "total", gauge: "latest", unique: "unique" }[metric.kind],
      total: headlineOf(metric),
      currency: metric.currency,
      values: metric.daily.map(({ value }) => value),
      previous: earlier && { total: headlineOf(earlier), values: earlier.daily.map(({ value }) => value) },
      buckets: metric.daily.map(({ date }) => date),
      interval: "day",
    };
  });
}

/** Return the value of a metric's card: the latest reading of a gauge, else the total of the period. */
export function headlineOf({ kind, total, daily }: MetricSummary): Value {
  return kind === "gauge" ? ([...daily].reverse().find(({ value }) => value !== null)?.value ?? null) : total;
}

/** Return the display name: `Support tickets` for `support_tickets`. */
export function titleOf(name: string): string {
  const words = name.replaceAll("_", " ");
  if (words === "nps") return "NPS";
  return words.charAt(0).toUpperCase() + words.slice(1);
}

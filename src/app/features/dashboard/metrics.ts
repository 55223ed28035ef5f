import type { MetricSummary } from "@acme/analytics-sdk";

/** A change from the previous period. */
export type Change =
  | { readonly kind: "percent"; readonly ratio: number }
  /** The previous value was 0, so there is no percentage. */
  | { readonly kind: "new" }
  /** At least one of the values is unknown. */
  | { readonly kind: "none" };

/** Compare a value with that of the previous period. */
export function changeOf(current: number | null, previous: number | null): Change {
  if (current === null || previous === null) return { kind: "none" };
  if (previous === 0) return current === 0 ? { kind: "percent", ratio: 0 } : { kind: "new" };
  return { kind: "percent", ratio: (current - previous) / Math.abs(previous) };
}

/** Return the value of a metric's card: the latest reading of a gauge, else the total of the period. */
export function headlineOf({ kind, total, daily }: MetricSummary): number | null {
  return kind === "gauge" ? ([...daily].reverse().find(({ value }) => value !== null)?.value ?? null) : total;
}

/** Add the counts of several event types to one `events` metric. */
export function eventsOf(series: readonly MetricSummary[]): MetricSummary | undefined {
  const [first] = series;
  if (!first) return undefined;
  const daily = first.daily.map(({ date }, day) => ({
    date,
    value: sum(series.map((one) => one.daily[day]!.value)),
  }));
  return { name: "events", kind: "count", total: sum(series.map(({ total }) => total)), daily };
}

/** Return the display name: `Active users` for `active_users`. */
export function titleOf(name: string): string {
  const words = name.replaceAll("_", " ");
  if (words === "nps") return "NPS";
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Return how the headline was computed. */
export function aggregationOf({ kind }: MetricSummary): string {
  return { count: "total", sum: "total", gauge: "latest", unique: "unique" }[kind];
}

function sum(values: readonly (number | null)[]): number {
  return values.reduce<number>((total, value) => total + (value ?? 0), 0);
}

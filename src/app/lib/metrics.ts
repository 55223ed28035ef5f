import type { MetricSummary } from "@acme/analytics-sdk";

/** What stands on a card: a gauge's last reading, else the total (of a `unique` one: distinct over all days). */
export function headlineOf({ kind, total, daily }: MetricSummary): number | null {
  return kind === "gauge" ? ([...daily].reverse().find(({ value }) => value !== null)?.value ?? null) : total;
}

/** Counts of several event types as one series, in place of that of all events. */
export function eventsOf(series: readonly MetricSummary[]): MetricSummary | undefined {
  const [first] = series;
  if (!first) return undefined;
  const daily = first.daily.map(({ date }, day) => ({
    date,
    value: sum(series.map((one) => one.daily[day]!.value)),
  }));
  return { name: "events", kind: "count", total: sum(series.map(({ total }) => total)), daily };
}

/** `Active users` of `active_users`. */
export function titleOf(name: string): string {
  const words = name.replaceAll("_", " ");
  if (words === "nps") return "NPS";
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What the headline stands for, said below it. */
export function meaningOf({ kind }: MetricSummary): string {
  return { count: "in total", sum: "in total", gauge: "last reading", unique: "distinct" }[kind];
}

function sum(values: readonly (number | null)[]): number {
  return values.reduce<number>((total, value) => total + (value ?? 0), 0);
}

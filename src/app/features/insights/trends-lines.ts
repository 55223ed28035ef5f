import type { GroupValue, TrendFigures, TrendsResult } from "@acme/analytics-sdk/insights";
import type { Point } from "@/features/charts/line-chart";
import { isWeekend } from "@/features/dashboard/days";
import type { Coverage } from "@/features/filters/intervals";
import type { Cell } from "./csv";
import { formatBucket, nameOfGroup, titleOfBucket } from "./format";
import { type Series, titleOf } from "./trends-question";

/** The intervals of a result. */
export type Buckets = Pick<TrendsResult, "buckets" | "interval">;

/** A line of a result, with its title. */
export interface TrendLine {
  /** Differs from the ids of the result's other lines. */
  readonly id: string;
  /** The index of the series. */
  readonly index: number;
  readonly group: GroupValue | null;
  readonly title: string;
  readonly total: number | null;
  readonly values: readonly (number | null)[];
  readonly previous: TrendFigures | undefined;
}

/** Return the lines of a result, with the titles of their series and groups. */
export function linesOf({ series: lines }: TrendsResult, series: readonly Series[]): readonly TrendLine[] {
  return lines.map(({ index, breakdown, total, values, previous }) => {
    const name = titleOf(series[index] ?? { filters: [] });
    const group = breakdown && nameOfGroup(breakdown);
    const title = group === null ? name : series.length > 1 ? `${name}: ${group}` : group;
    const id = JSON.stringify([index, breakdown]);
    return { id, index, group: breakdown, title, total, values, previous: previous ?? undefined };
  });
}

/** Return the values of a line without those of intervals in the future. */
export function pastOf<Value>(
  values: readonly Value[],
  { partial, isUnfinished }: Coverage,
): readonly (Value | null)[] {
  return values.map((value, index) => (isUnfinished && index > partial! ? null : value));
}

/** Return a table with a row per interval and a column per line. */
export function rowsOfTrends(
  { buckets, interval }: Buckets,
  lines: readonly TrendLine[],
): readonly (readonly Cell[])[] {
  const headings = lines.flatMap(({ title, previous }) => [
    title,
    ...(previous ? [`${title} (before)`] : []),
  ]);
  return [
    [interval, ...headings],
    ...buckets.map((bucket, place) => [
      interval === "hour" ? bucket.slice(0, 16) : bucket.slice(0, 10),
      ...lines.flatMap(({ values, previous }) => [
        values[place] ?? null,
        ...(previous ? [previous.values[place] ?? null] : []),
      ]),
    ]),
  ];
}

/** Return the points of a chart of the result. */
export function pointsOf({ buckets, interval }: Buckets): readonly Point[] {
  const isOneDay = buckets[0]?.slice(0, 10) === buckets.at(-1)?.slice(0, 10);
  return buckets.map((bucket) => ({
    label: interval === "hour" && isOneDay ? bucket.slice(11, 16) : formatBucket(bucket, interval),
    title: titleOfBucket(bucket, interval),
    isWeekend: interval === "day" && isWeekend(bucket.slice(0, 10)),
  }));
}

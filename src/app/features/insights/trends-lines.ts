import type { TrendFigures, TrendsResult } from "@acme/analytics-sdk/insights";
import type { Cell } from "./csv";
import { formatBucket, nameOfGroup } from "./format";
import { type Series, titleOf } from "./trends-question";

/** A line of a result, with its title. */
export interface TrendLine {
  /** Differs from the ids of the result's other lines. */
  readonly id: string;
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
    return { id: JSON.stringify([index, breakdown]), title, total, values, previous: previous ?? undefined };
  });
}

/** Return a table with a row per interval and a column per line. */
export function rowsOfTrends(
  { buckets, interval }: TrendsResult,
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

/** Return the labels of the intervals. */
export function pointsOf({ buckets, interval }: TrendsResult): readonly string[] {
  return buckets.map((bucket) => formatBucket(bucket, interval));
}

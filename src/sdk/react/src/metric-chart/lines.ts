import type { Series, TrendsResult } from "@acme/analytics-sdk/insights";
import { nameOf, nameOfGroup, type Value } from "../insights/format.ts";
import type { Coverage } from "./coverage.ts";

/** A line of a chart. */
export interface Line {
  /** Differs from the ids of the chart's other lines. */
  readonly id: string;
  readonly name: string;
  readonly values: readonly Value[];
  readonly previous: readonly Value[] | undefined;
}

/** Return the lines of a result, without values of intervals that haven't begun. */
export function linesOf(
  { series: lines }: TrendsResult,
  series: readonly Series[],
  names: readonly string[] = [],
  { begun }: Coverage,
): readonly Line[] {
  const past = (values: readonly Value[]): readonly Value[] =>
    values.map((value, index) => (index > begun ? null : value));
  return lines.map(({ index, breakdown, values, previous }) => {
    const name = names[index] ?? nameOf(series[index]);
    const group = breakdown && nameOfGroup(breakdown);
    return {
      id: JSON.stringify([index, breakdown]),
      name: group === null ? name : series.length > 1 ? `${name}: ${group}` : group,
      values: past(values),
      previous: previous ? past(previous.values) : undefined,
    };
  });
}

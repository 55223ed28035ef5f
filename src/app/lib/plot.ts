import type { DailyValue } from "@acme/analytics-sdk";
import { extent, nice, ticks } from "d3-array";
import { area, line } from "d3-shape";

/** Where things are in a chart, in percent of its width and height; drawn by whoever knows the pixels. */
export interface Plot {
  readonly x: (day: number) => number;
  readonly y: (value: number) => number;
  readonly ticks: readonly number[];
}

const TICKS = 4;

/** A chart of these days whose values, 0 included, all fit in. */
export function plotOf(days: number, ...series: readonly (readonly DailyValue[])[]): Plot {
  const values = series.flat().map(({ value }) => value ?? 0);
  const [lowest = 0, highest = 0] = extent([0, ...values]);
  const [bottom, top] = nice(lowest, highest || TICKS, TICKS);
  return {
    x: (day) => (days > 1 ? (100 * day) / (days - 1) : 50),
    y: (value) => 100 - (100 * (value - bottom)) / (top - bottom),
    ticks: ticks(bottom, top, TICKS),
  };
}

/** The line through the values; broken where there is none. */
export function linePath({ x, y }: Plot, daily: readonly DailyValue[]): string {
  const draw = line<DailyValue>(
    (_, day) => x(day),
    ({ value }) => y(value ?? 0),
  );
  return draw.defined(isKnown)([...daily]) ?? "";
}

/** What is between the line and zero. */
export function areaPath({ x, y }: Plot, daily: readonly DailyValue[]): string {
  const draw = area<DailyValue>(
    (_, day) => x(day),
    y(0),
    ({ value }) => y(value ?? 0),
  );
  return draw.defined(isKnown)([...daily]) ?? "";
}

/** The days to label: the last one, and before it every so many. */
export function labelledDays(days: number, labels: number): readonly number[] {
  const step = Math.max(1, Math.ceil((days - 1) / Math.max(1, labels - 1)));
  return Array.from({ length: Math.ceil(days / step) }, (_, label) => days - 1 - label * step).reverse();
}

/** The day below a point so far (0 to 1) from the left. */
export function dayAt(fraction: number, days: number): number {
  return Math.min(days - 1, Math.max(0, Math.round(fraction * (days - 1))));
}

function isKnown({ value }: DailyValue): boolean {
  return value !== null;
}

import type { DailyValue } from "@acme/analytics-sdk";
import { extent, nice, ticks } from "d3-array";
import { area, line } from "d3-shape";

/** The scales of a chart, in percent of its width and height. */
export interface Plot {
  readonly x: (day: number) => number;
  readonly y: (value: number) => number;
  readonly ticks: readonly number[];
}

const TICKS = 4;

/** Return the scales that fit 0 and every value of the series. */
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

/** Return the SVG path through the values, interrupted where a value is unknown. */
export function linePath({ x, y }: Plot, daily: readonly DailyValue[]): string {
  const draw = line<DailyValue>(
    (_, day) => x(day),
    ({ value }) => y(value ?? 0),
  );
  return draw.defined(isKnown)([...daily]) ?? "";
}

/** Return the SVG path of the area between the line and zero. */
export function areaPath({ x, y }: Plot, daily: readonly DailyValue[]): string {
  const draw = area<DailyValue>(
    (_, day) => x(day),
    y(0),
    ({ value }) => y(value ?? 0),
  );
  return draw.defined(isKnown)([...daily]) ?? "";
}

/** Return evenly spaced days to label, including the last one. */
export function labelledDays(days: number, labels: number): readonly number[] {
  const step = Math.max(1, Math.ceil((days - 1) / Math.max(1, labels - 1)));
  return Array.from({ length: Math.ceil(days / step) }, (_, label) => days - 1 - label * step).reverse();
}

/** Return the day at a horizontal position from 0 to 1. */
export function dayAt(fraction: number, days: number): number {
  return Math.min(days - 1, Math.max(0, Math.round(fraction * (days - 1))));
}

function isKnown({ value }: DailyValue): boolean {
  return value !== null;
}

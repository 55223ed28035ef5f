import { extent, nice, ticks } from "d3-array";
import { area, line } from "d3-shape";

/** A value of a line. Null is unknown, and interrupts the line. */
export type Value = number | null;

/** The scales of a chart, in percent of its width and height. */
export interface Plot {
  readonly x: (point: number) => number;
  readonly y: (value: number) => number;
  readonly ticks: readonly number[];
}

const TICKS = 4;

/** Return the scales that fit 0 and every value of the lines. Counts have no ticks between whole numbers. */
export function plotOf(points: number, ...lines: readonly (readonly Value[])[]): Plot {
  const values = lines.flat().map((value) => value ?? 0);
  const [lowest = 0, highest = 0] = extent([0, ...values]);
  const [bottom, top] = nice(lowest, highest || TICKS, TICKS);
  const all = ticks(bottom, top, TICKS);
  return {
    x: (point) => (points > 1 ? (100 * point) / (points - 1) : 50),
    y: (value) => 100 - (100 * (value - bottom)) / (top - bottom),
    ticks: values.every(Number.isInteger) ? all.filter(Number.isInteger) : all,
  };
}

/** Return the SVG path through the values. */
export function linePath({ x, y }: Plot, values: readonly Value[]): string {
  const draw = line<Value>(
    (_, point) => x(point),
    (value) => y(value ?? 0),
  );
  return draw.defined(isKnown)([...values]) ?? "";
}

/** Return the SVG path of the area between the line and zero. */
export function areaPath({ x, y }: Plot, values: readonly Value[]): string {
  const draw = area<Value>(
    (_, point) => x(point),
    y(0),
    (value) => y(value ?? 0),
  );
  return draw.defined(isKnown)([...values]) ?? "";
}

/** Return the values from one index to another, both included, and null for all others. */
export function between(values: readonly Value[], first: number, last: number): readonly Value[] {
  return values.map((value, index) => (index >= first && index <= last ? value : null));
}

/** Return evenly spaced points to label, including the last one. */
export function labelledPoints(points: number, labels: number): readonly number[] {
  const step = Math.max(1, Math.ceil((points - 1) / Math.max(1, labels - 1)));
  return Array.from({ length: Math.ceil(points / step) }, (_, label) => points - 1 - label * step).reverse();
}

/** Return the point at a horizontal position from 0 to 1. */
export function pointAt(fraction: number, points: number): number {
  return Math.min(points - 1, Math.max(0, Math.round(fraction * (points - 1))));
}

function isKnown(value: Value): boolean {
  return value !== null;
}

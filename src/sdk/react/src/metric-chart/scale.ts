import type { Value } from "../insights/format.ts";

/** The vertical scale of a chart, in percent from the top. */
export interface Scale {
  /** Evenly spaced values from the top to the bottom of the chart. */
  readonly ticks: readonly number[];
  readonly y: (value: number) => number;
}

/** The most intervals between ticks, if the values have one sign. */
const INTERVALS = 4;

/** Return the scale that fits 0 and all values. Whole numbers have no ticks between them. */
export function scaleOf(values: readonly Value[]): Scale {
  const known = values.filter((value) => value !== null);
  const lowest = known.reduce((a, b) => Math.min(a, b), 0);
  const highest = known.reduce((a, b) => Math.max(a, b), 0);
  const step = Math.max(
    niceStep((highest - lowest || INTERVALS) / INTERVALS),
    known.every(Number.isInteger) ? 1 : 0,
  );
  const [first, last] = [Math.floor(lowest / step), Math.max(1, Math.ceil(highest / step))];
  return {
    ticks: Array.from({ length: last - first + 1 }, (_, index) => (last - index) * step),
    y: (value) => rounded((100 * (last - value / step)) / (last - first)),
  };
}

/** Return the smallest step of 1, 2 or 5 times a power of ten that is at least `size`. */
function niceStep(size: number): number {
  const power = 10 ** Math.floor(Math.log10(size));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= size * (1 - 1e-9))!;
}

/** Return the horizontal position of a point in percent. */
export function xOf(point: number, points: number): number {
  return points > 1 ? rounded((100 * point) / (points - 1)) : 50;
}

/** Return the point at a horizontal position from 0 to 1. */
export function pointAt(fraction: number, points: number): number {
  return Math.min(points - 1, Math.max(0, Math.round(fraction * (points - 1))));
}

/** Return the SVG path through the values from one index to another, both included. Unknown values interrupt it. */
export function pathOf(
  values: readonly Value[],
  y: Scale["y"],
  first: number = 0,
  last: number = values.length - 1,
): string {
  let command = "M";
  return values
    .map((value, index) => {
      if (value === null || index < first || index > last) {
        command = "M";
        return "";
      }
      // A value without neighbours is a line without a length, which is drawn as a dot.
      const move = `${command}${xOf(index, values.length)},${y(value)}${command === "M" ? "h0" : ""}`;
      command = "L";
      return move;
    })
    .join("");
}

/** Return which of the points have a label: at most six, including the last one. */
export function labelledPoints(points: number): readonly number[] {
  const step = Math.max(1, Math.ceil((points - 1) / 5));
  return Array.from({ length: Math.ceil(points / step) }, (_, label) => points - 1 - label * step).reverse();
}

function rounded(percent: number): number {
  return Math.round(percent * 100) / 100;
}

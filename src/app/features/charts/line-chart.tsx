"use client";

import { useState } from "react";
import { ChartFrame } from "@/features/dashboard/chart-frame";
import { linePath, type Plot, plotOf } from "@/features/dashboard/plot";

/** A line of a chart. */
export interface Line {
  /** Differs from the ids of the chart's other lines. */
  readonly id: string;
  readonly title: string;
  readonly values: readonly (number | null)[];
  /** The values of the earlier range, as a dashed line. */
  readonly previous?: readonly (number | null)[] | undefined;
}

interface LineChartProps {
  /** The chart's name for screen readers. */
  readonly label: string;
  /** The labels of the points. */
  readonly points: readonly string[];
  readonly lines: readonly Line[];
  /** Whether the values of the last point can still change. The lines to it are dotted. */
  readonly isUnfinished?: boolean;
  readonly format: (value: number | null) => string;
  readonly formatAxis: (value: number) => string;
}

/** The number of colours. Further lines are only in the table. */
export const LINES_MAX = 8;

/** Several lines over the same points. The legend shows the values of the selected point. */
export function LineChart(props: LineChartProps) {
  const { label, points, lines, isUnfinished = false, format, formatAxis } = props;
  const [selected, setSelected] = useState<number>();
  const point = Math.min(selected ?? points.length - 1, points.length - 1);
  const plot = plotOfLines(points, lines);
  return (
    <figure className="px-4 pb-4">
      <Legend point={points[point]!} index={point} lines={lines} format={format} />
      <ChartFrame
        label={label}
        plot={plot}
        points={points}
        formatAxis={formatAxis}
        selected={point}
        reading={`${points[point]}: ${lines
          .map(({ title, values }) => `${title} ${format(values[point] ?? null)}`)
          .join(", ")}`}
        onSelect={setSelected}
      >
        <Paths plot={plot} lines={lines} isUnfinished={isUnfinished} />
        <span aria-hidden="true" className="chart-marker" style={{ left: `${plot.x(point)}%` }}>
          {lines.map(({ id, values }, index) => (
            <Dot key={id} value={values[point] ?? null} plot={plot} index={index} />
          ))}
        </span>
      </ChartFrame>
    </figure>
  );
}

interface LegendProps {
  readonly point: string;
  readonly index: number;
  readonly lines: readonly Line[];
  readonly format: (value: number | null) => string;
}

/** The values of the selected point. */
function Legend({ point, index, lines, format }: LegendProps) {
  return (
    <figcaption className="text-sm">
      <span className="font-medium">{point}</span>
      <ul className="mt-1 grid gap-x-6 gap-y-0.5 sm:grid-cols-2 xl:grid-cols-4">
        {lines.map(({ id, title, values, previous }, line) => (
          <li key={id} className="flex min-w-0 items-baseline gap-2">
            <span
              aria-hidden="true"
              className="size-2.5 shrink-0 rounded-full"
              style={{ background: colorOf(line) }}
            />
            <span className="truncate text-muted">{title}</span>
            <b className="font-semibold tabular-nums">{format(values[index] ?? null)}</b>
            {previous && (
              <span className="shrink-0 text-muted tabular-nums">
                before: {format(previous[index] ?? null)}
              </span>
            )}
          </li>
        ))}
      </ul>
    </figcaption>
  );
}

interface PathsProps {
  readonly plot: Plot;
  readonly lines: readonly Line[];
  readonly isUnfinished: boolean;
}

function Paths({ plot, lines, isUnfinished }: PathsProps) {
  return (
    <svg
      aria-hidden="true"
      viewBox="0 0 100 100"
      preserveAspectRatio="none"
      className="size-full overflow-visible"
    >
      {lines.map(({ id, values, previous }, index) => (
        <g key={id} stroke={colorOf(index)}>
          {previous && (
            <path
              d={linePath(plot, daily(previous))}
              className="chart-line"
              strokeDasharray="4 4"
              opacity="0.6"
            />
          )}
          <path
            d={linePath(plot, daily(isUnfinished ? values.slice(0, -1) : values))}
            className="chart-line"
            strokeWidth="2"
          />
          {isUnfinished && (
            <path
              d={linePath(plot, daily(lastTwoOf(values)))}
              className="chart-line"
              strokeWidth="2"
              strokeDasharray="1 5"
              strokeLinecap="round"
            />
          )}
        </g>
      ))}
    </svg>
  );
}

interface DotProps {
  readonly value: number | null;
  readonly plot: Plot;
  readonly index: number;
}

function Dot({ value, plot, index }: DotProps) {
  if (value === null) return null;
  return <span className="chart-dot" style={{ top: `${plot.y(value)}%`, background: colorOf(index) }} />;
}

/** Return the scales. Counts have no ticks between whole numbers. */
function plotOfLines(points: readonly string[], lines: readonly Line[]): Plot {
  const series = lines.flatMap(({ values, previous }) => [values, previous ?? []]);
  const plot = plotOf(points.length, ...series.map(daily));
  const isWhole = series.every((values) =>
    values.every((value) => value === null || Number.isInteger(value)),
  );
  return isWhole ? { ...plot, ticks: plot.ticks.filter(Number.isInteger) } : plot;
}

function daily(values: readonly (number | null)[]): readonly { date: string; value: number | null }[] {
  return values.map((value, index) => ({ date: String(index), value }));
}

/** Return the values without all but the last two. */
function lastTwoOf(values: readonly (number | null)[]): readonly (number | null)[] {
  return values.map((value, index) => (index < values.length - 2 ? null : value));
}

function colorOf(index: number): string {
  return `var(--color-series-${index % LINES_MAX})`;
}

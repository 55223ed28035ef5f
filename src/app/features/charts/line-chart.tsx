"use client";

import { type ReactNode, useState } from "react";
import { ChartFrame } from "./chart-frame";
import { areaPath, between, linePath, type Plot, plotOf, type Value } from "./plot";
import { Tooltip } from "./tooltip";

/** A line of a chart. */
export interface Line {
  /** Differs from the ids of the chart's other lines. */
  readonly id: string;
  readonly title: string;
  readonly values: readonly Value[];
  /** The values of the earlier range, as a dashed line. */
  readonly previous?: readonly Value[] | undefined;
}

/** A point of a chart. */
export interface Point {
  /** The label on the axis. */
  readonly label: string;
  /** The title of the tooltip. */
  readonly title: string;
  readonly isWeekend?: boolean;
}

interface LineChartProps {
  /** The chart's name for screen readers. */
  readonly label: string;
  readonly points: readonly Point[];
  readonly lines: readonly Line[];
  /** Whether the first value is incomplete. */
  readonly isFirstPartial?: boolean;
  /** The index of a later value that is incomplete. Lines to incomplete values are dashed. */
  readonly partial?: number | undefined;
  readonly format: (value: Value) => string;
  readonly formatAxis: (value: number) => string;
  readonly onOpen?: ((index: number) => void) | undefined;
  /** What is above the plot, such as buttons. */
  readonly over?: ReactNode;
}

/** The number of colours. Further lines are only in the table. */
export const LINES_MAX = 8;

/** Several lines over the same points. The tooltip shows the values of the selected point. */
export function LineChart(props: LineChartProps) {
  const { label, points, lines, isFirstPartial = false, partial, format, formatAxis, onOpen, over } = props;
  const [selected, setSelected] = useState<number>();
  const last = points.length - 1;
  const point = Math.min(selected ?? partial ?? last, last);
  const plot = plotOf(points.length, ...lines.flatMap(({ values, previous }) => [values, previous ?? []]));
  const reading = lines.map(
    ({ title, values, previous }) =>
      `${title} ${format(values[point] ?? null)}${previous ? `, before ${format(previous[point] ?? null)}` : ""}`,
  );
  return (
    <figure className="px-4 pb-4">
      <Legend lines={lines} />
      <ChartFrame
        label={label}
        plot={plot}
        points={points.map((one) => one.label)}
        formatAxis={formatAxis}
        selected={point}
        reading={`${points[point]!.title}: ${reading.join("; ")}`}
        onSelect={setSelected}
        onOpen={onOpen}
        over={over}
      >
        <svg
          aria-hidden="true"
          viewBox="0 0 100 100"
          preserveAspectRatio="none"
          className="size-full overflow-visible"
        >
          <Weekends points={points} plot={plot} />
          {lines.length === 1 && (
            <path d={areaPath(plot, lines[0]!.values)} fill={colorOf(0)} opacity="0.08" />
          )}
          {lines.map((line, index) => (
            <Paths
              key={line.id}
              plot={plot}
              line={line}
              color={colorOf(index)}
              first={isFirstPartial ? 1 : 0}
              partial={partial ?? last + 1}
            />
          ))}
        </svg>
        {selected !== undefined && (
          <>
            <Marker plot={plot} point={point} lines={lines} />
            <Tooltip
              title={points[point]!.title}
              position={plot.x(point)}
              format={format}
              lines={linesAt(lines, point)}
            >
              {(point === partial || (isFirstPartial && point === 0)) && "This interval is incomplete."}
            </Tooltip>
          </>
        )}
      </ChartFrame>
    </figure>
  );
}

function linesAt(lines: readonly Line[], point: number) {
  return lines.map(({ id, title, values, previous }, index) => ({
    id,
    title,
    color: colorOf(index),
    value: values[point] ?? null,
    before: previous && (previous[point] ?? null),
  }));
}

function Legend({ lines }: { readonly lines: readonly Line[] }) {
  const hasPrevious = lines.some(({ previous }) => previous);
  return (
    <figcaption className="flex min-h-5 flex-wrap gap-x-5 gap-y-1 text-sm text-muted">
      {lines.map(({ id, title }, index) => (
        <span key={id} className="flex min-w-0 items-center gap-2">
          <span
            aria-hidden="true"
            className="size-2.5 shrink-0 rounded-full"
            style={{ background: colorOf(index) }}
          />
          <span className="truncate">{title}</span>
        </span>
      ))}
      {hasPrevious && (
        <span className="flex items-center gap-2">
          <span aria-hidden="true" className="legend-line-before" /> Before
        </span>
      )}
    </figcaption>
  );
}

/** Shades the weekends, from the middle between two points to the next one. */
function Weekends({ points, plot }: { readonly points: readonly Point[]; readonly plot: Plot }) {
  const step = points.length > 1 ? plot.x(1) - plot.x(0) : 0;
  return points.map(({ isWeekend, title }, point) => {
    if (!isWeekend || !step) return null;
    const start = Math.max(0, plot.x(point) - step / 2);
    const end = Math.min(100, plot.x(point) + step / 2);
    return <rect key={title} x={start} width={end - start} y="0" height="100" className="chart-weekend" />;
  });
}

interface PathsProps {
  readonly plot: Plot;
  readonly line: Line;
  readonly color: string;
  /** The index of the first complete value. */
  readonly first: number;
  /** The index of the incomplete value after the complete ones. */
  readonly partial: number;
}

/** The line, dashed towards incomplete values, and the dashed line of the earlier range. */
function Paths({ plot, line: { values, previous }, color, first, partial }: PathsProps) {
  const solid = linePath(plot, between(values, first, partial - 1));
  const dashed = [
    first > 0 && linePath(plot, between(values, 0, first)),
    partial < values.length && linePath(plot, between(values, partial - 1, partial)),
  ];
  return (
    <g stroke={color} strokeLinecap="round">
      {previous && (
        <path d={linePath(plot, previous)} className="chart-line" strokeDasharray="4 4" opacity="0.55" />
      )}
      <path d={solid} className="chart-line" strokeWidth="2" />
      {[...new Set(dashed)].map(
        (path) =>
          path && <path key={path} d={path} className="chart-line" strokeWidth="2" strokeDasharray="1 5" />,
      )}
    </g>
  );
}

interface MarkerProps {
  readonly plot: Plot;
  readonly point: number;
  readonly lines: readonly Line[];
}

function Marker({ plot, point, lines }: MarkerProps) {
  return (
    <span aria-hidden="true" className="chart-marker" style={{ left: `${plot.x(point)}%` }}>
      {lines.map(({ id, values }, index) => {
        const value = values[point] ?? null;
        if (value === null) return null;
        return (
          <span
            key={id}
            className="chart-dot"
            style={{ top: `${plot.y(value)}%`, background: colorOf(index) }}
          />
        );
      })}
    </span>
  );
}

function colorOf(index: number): string {
  return `var(--color-series-${index % LINES_MAX})`;
}

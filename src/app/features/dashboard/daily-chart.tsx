"use client";

import { type PointerEvent, useState } from "react";
import { formatDay, formatNumber, formatShortDay, formatTick } from "./format";
import { titleOf } from "./metrics";
import { areaPath, dayAt, labelledDays, linePath, type Plot, plotOf } from "./plot";
import type { ComparedMetric } from "./use-dashboard-metrics";

const LABELS = 6;

/**
 * A metric by day, with the previous period as a dashed line. A transparent slider over the plot selects the day,
 * so that the chart works with mouse, touch, arrow keys and screen readers.
 */
export function DailyChart({ current, previous }: ComparedMetric) {
  const { daily } = current;
  const before = previous?.daily ?? [];
  const [selected, setSelected] = useState<number>();
  const day = Math.min(selected ?? daily.length - 1, daily.length - 1);
  const plot = plotOf(daily.length, daily, before);
  const select = ({ nativeEvent, currentTarget }: PointerEvent): void =>
    setSelected(dayAt(nativeEvent.offsetX / currentTarget.clientWidth, daily.length));
  return (
    <figure className="px-4 pb-4">
      <Reading metric={{ current, previous }} day={day} />
      <div className="chart-frame">
        <Axes plot={plot} days={daily.map(({ date }) => date)} />
        <div className="chart-plot">
          <Lines plot={plot} metric={{ current, previous }} />
          <Marker x={plot.x(day)} value={daily[day]?.value ?? null} plot={plot} />
          <input
            type="range"
            aria-label={`${titleOf(current.name)} by day`}
            aria-valuetext={`${formatDay(daily[day]!.date)}: ${formatNumber(daily[day]!.value)}`}
            min={0}
            max={daily.length - 1}
            value={day}
            onChange={({ target }) => setSelected(target.valueAsNumber)}
            onPointerMove={select}
            className="chart-slider"
          />
        </div>
      </div>
    </figure>
  );
}

interface ReadingProps {
  readonly metric: ComparedMetric;
  readonly day: number;
}

/** The values of the selected day. */
function Reading({ metric: { current, previous }, day }: ReadingProps) {
  const { date, value } = current.daily[day]!;
  const before = previous?.daily[day];
  return (
    <figcaption className="flex min-h-10 flex-wrap items-baseline gap-x-4 sm:min-h-5 text-sm">
      <span>
        <span className="legend-line" /> {formatDay(date)} (UTC):{" "}
        <b className="font-semibold tabular-nums">{formatNumber(value)}</b>
      </span>
      {before && (
        <span className="text-muted">
          <span className="legend-line legend-line-before" /> {formatDay(before.date)}:{" "}
          <span className="tabular-nums">{formatNumber(before.value)}</span>
        </span>
      )}
    </figcaption>
  );
}

function Lines({
  plot,
  metric: { current, previous },
}: {
  readonly plot: Plot;
  readonly metric: ComparedMetric;
}) {
  return (
    <svg
      aria-hidden="true"
      viewBox="0 0 100 100"
      preserveAspectRatio="none"
      className="size-full overflow-visible"
    >
      <path d={areaPath(plot, current.daily)} className="fill-accent" opacity="0.08" />
      {previous && (
        <path d={linePath(plot, previous.daily)} className="chart-line stroke-muted" strokeDasharray="4 4" />
      )}
      <path d={linePath(plot, current.daily)} className="chart-line stroke-accent" strokeWidth="2" />
    </svg>
  );
}

interface MarkerProps {
  readonly x: number;
  readonly value: number | null;
  readonly plot: Plot;
}

function Marker({ x, value, plot }: MarkerProps) {
  return (
    <span aria-hidden="true" className="chart-marker" style={{ left: `${x}%` }}>
      {value !== null && <span className="chart-dot" style={{ top: `${plot.y(value)}%` }} />}
    </span>
  );
}

function Axes({ plot, days }: { readonly plot: Plot; readonly days: readonly string[] }) {
  return (
    <div aria-hidden="true" className="chart-axes">
      {plot.ticks.map((tick) => (
        <span key={tick} className="chart-tick" style={{ top: `${plot.y(tick)}%` }}>
          <span>{formatTick(tick)}</span>
        </span>
      ))}
      {labelledDays(days.length, LABELS).map((day, index) => (
        <span
          key={day}
          className="chart-day"
          data-odd={index % 2 === 0 || undefined}
          style={{ left: `${plot.x(day)}%` }}
        >
          {formatShortDay(days[day]!)}
        </span>
      ))}
    </div>
  );
}

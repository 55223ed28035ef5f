"use client";

import { useState } from "react";
import { ChartFrame } from "./chart-frame";
import { formatDay, formatNumber, formatShortDay, formatTick } from "./format";
import { titleOf } from "./metrics";
import { areaPath, linePath, type Plot, plotOf } from "./plot";
import type { ComparedMetric } from "./use-dashboard-metrics";

/** A metric by day, with the previous period as a dashed line. */
export function DailyChart({ current, previous }: ComparedMetric) {
  const { daily } = current;
  const before = previous?.daily ?? [];
  const [selected, setSelected] = useState<number>();
  const day = Math.min(selected ?? daily.length - 1, daily.length - 1);
  const plot = plotOf(daily.length, daily, before);
  return (
    <figure className="px-4 pb-4">
      <Reading metric={{ current, previous }} day={day} />
      <ChartFrame
        label={`${titleOf(current.name)} by day`}
        plot={plot}
        points={daily.map(({ date }) => formatShortDay(date))}
        formatAxis={formatTick}
        selected={day}
        reading={`${formatDay(daily[day]!.date)}: ${formatNumber(daily[day]!.value)}`}
        onSelect={setSelected}
      >
        <Lines plot={plot} metric={{ current, previous }} />
        <Marker x={plot.x(day)} value={daily[day]?.value ?? null} plot={plot} />
      </ChartFrame>
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

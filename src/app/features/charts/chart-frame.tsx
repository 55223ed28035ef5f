import type { PointerEvent, ReactNode } from "react";
import { dayAt, labelledDays, type Plot } from "./plot";

const LABELS = 6;

interface ChartFrameProps {
  /** The chart's name for screen readers. */
  readonly label: string;
  readonly plot: Plot;
  /** The labels of the points on the horizontal axis. Only some of them are shown. */
  readonly points: readonly string[];
  readonly formatAxis: (value: number) => string;
  /** The index of the selected point. */
  readonly selected: number;
  /** The values of the selected point for screen readers. */
  readonly reading: string;
  readonly onSelect: (index: number) => void;
  /** The lines and the marker of the selected point. */
  readonly children: ReactNode;
}

/**
 * The axes of a chart, and its plot. A transparent slider over the plot selects a point, so that the chart works with
 * mouse, touch, arrow keys and screen readers.
 */
export function ChartFrame(props: ChartFrameProps) {
  const { label, plot, points, formatAxis, selected, reading, onSelect, children } = props;
  const select = ({ nativeEvent, currentTarget }: PointerEvent): void =>
    onSelect(dayAt(nativeEvent.offsetX / currentTarget.clientWidth, points.length));
  return (
    <div className="chart-frame">
      <Axes plot={plot} points={points} formatAxis={formatAxis} />
      <div className="chart-plot">
        {children}
        <input
          type="range"
          aria-label={label}
          aria-valuetext={reading}
          min={0}
          max={points.length - 1}
          value={selected}
          onChange={({ target }) => onSelect(target.valueAsNumber)}
          onPointerMove={select}
          className="chart-slider"
        />
      </div>
    </div>
  );
}

function Axes({ plot, points, formatAxis }: Pick<ChartFrameProps, "plot" | "points" | "formatAxis">) {
  return (
    <div aria-hidden="true" className="chart-axes">
      {plot.ticks.map((tick) => (
        <span key={tick} className="chart-tick" style={{ top: `${plot.y(tick)}%` }}>
          <span>{formatAxis(tick)}</span>
        </span>
      ))}
      {labelledDays(points.length, LABELS).map((point, index) => (
        <span
          key={point}
          className="chart-day"
          data-odd={index % 2 === 0 || undefined}
          style={{ left: `${plot.x(point)}%` }}
        >
          {points[point]}
        </span>
      ))}
    </div>
  );
}

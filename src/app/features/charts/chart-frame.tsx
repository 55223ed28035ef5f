import type { PointerEvent, ReactNode } from "react";
import { labelledPoints, type Plot, pointAt } from "./plot";

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
  /** Called with the index of a point, or undefined when the pointer or the focus leaves the chart. */
  readonly onSelect: (index: number | undefined) => void;
  /** Called when the selected point is clicked. */
  readonly onOpen?: ((index: number) => void) | undefined;
  /** What is above the slider, such as buttons. */
  readonly over?: ReactNode;
  /** The lines, the marker and the tooltip. */
  readonly children: ReactNode;
}

/**
 * The axes of a chart, and its plot. A transparent slider over the plot selects a point, so that the chart works with
 * mouse, touch, arrow keys and screen readers.
 */
export function ChartFrame(props: ChartFrameProps) {
  const { label, plot, points, formatAxis, selected, reading, onSelect, onOpen, over, children } = props;
  const select = ({ nativeEvent, currentTarget }: PointerEvent): void =>
    onSelect(pointAt(nativeEvent.offsetX / currentTarget.clientWidth, points.length));
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
          onFocus={() => onSelect(selected)}
          onBlur={() => onSelect(undefined)}
          onPointerMove={select}
          onPointerLeave={({ currentTarget }) => {
            if (currentTarget !== document.activeElement) onSelect(undefined);
          }}
          onClick={() => onOpen?.(selected)}
          onKeyDown={({ key }) => {
            if (key === "Enter") onOpen?.(selected);
          }}
          className="chart-slider"
        />
      </div>
      {over}
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
      {labelledPoints(points.length, LABELS).map((point, index) => (
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

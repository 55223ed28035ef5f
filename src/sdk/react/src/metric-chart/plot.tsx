import type { TrendsResult } from "@acme/analytics-sdk/insights";
import { type JSX, type PointerEvent, useState } from "react";
import { changes, labels, numbers, shortNumbers, titles } from "../insights/format.ts";
import type { Coverage } from "./coverage.ts";
import { Drawing } from "./drawing.tsx";
import { Legend } from "./legend.tsx";
import type { Line } from "./lines.ts";
import { textOf } from "./reading.ts";
import { pointAt, scaleOf, xOf } from "./scale.ts";
import { Tooltip } from "./tooltip.tsx";

interface PlotProps {
  /** The chart's name for screen readers. */
  readonly label: string;
  readonly data: TrendsResult;
  readonly lines: readonly Line[];
  /** The number of lines that aren't drawn. */
  readonly hidden: number;
  readonly coverage: Coverage;
  readonly locale: string | undefined;
  readonly numberFormat: Intl.NumberFormatOptions | undefined;
}

/**
 * The lines with axes and a legend. A transparent slider over the lines selects an interval, so that the chart works
 * with mouse, touch, arrow keys and screen readers.
 */
export function Plot(props: PlotProps): JSX.Element {
  const { label, data, lines, hidden, coverage, locale, numberFormat } = props;
  const { buckets, interval } = data;
  const [selected, setSelected] = useState<number>();
  const points = buckets.length;
  const point = Math.min(selected ?? coverage.begun, points - 1);
  const scale = scaleOf(lines.flatMap(({ values, previous = [] }) => [...values, ...previous]));
  const [format, formatTick] = [numbers(locale, numberFormat), shortNumbers(locale, numberFormat)];
  const formatLabel = labels(interval, locale);
  const reading = {
    title: titles(interval, locale)(buckets[point]!),
    isPartial: point < coverage.first || point > coverage.last,
    rows: lines.map(({ id, name, values, previous }) => {
      const [value = null, before = null] = [values[point], previous?.[point]];
      const earlier = previous && { before: format(before), change: changes(locale)(value, before) };
      return { id, name, value: format(value), ...earlier };
    }),
  };
  const select = ({ nativeEvent, currentTarget }: PointerEvent): void =>
    setSelected(pointAt(nativeEvent.offsetX / currentTarget.clientWidth, points));
  return (
    <>
      <Legend lines={lines} hidden={hidden} />
      <div className="acme-metric-plot" dir="ltr">
        <div className="acme-metric-axis" aria-hidden="true">
          {scale.ticks.map((tick) => (
            <span key={tick}>{formatTick(tick)}</span>
          ))}
        </div>
        <div className="acme-metric-lines">
          <input
            type="range"
            aria-label={label}
            aria-valuetext={textOf(reading)}
            max={points - 1}
            value={point}
            onChange={({ target }) => setSelected(target.valueAsNumber)}
            onFocus={() => setSelected(point)}
            onBlur={() => setSelected(undefined)}
            onPointerMove={select}
            onPointerLeave={({ currentTarget }) => {
              if (currentTarget !== document.activeElement) setSelected(undefined);
            }}
            onKeyDown={({ key }) => {
              if (key === "Escape") setSelected(undefined);
            }}
          />
          <Drawing
            lines={lines}
            scale={scale}
            coverage={coverage}
            labels={buckets.map(formatLabel)}
            selected={selected === undefined ? undefined : point}
          />
          {selected !== undefined && <Tooltip {...reading} x={xOf(point, points)} />}
        </div>
      </div>
    </>
  );
}

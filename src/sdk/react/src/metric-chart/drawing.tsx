import type { JSX } from "react";
import type { Coverage } from "./coverage.ts";
import type { Line } from "./lines.ts";
import { labelledPoints, pathOf, type Scale, xOf } from "./scale.ts";

interface DrawingProps {
  readonly lines: readonly Line[];
  readonly scale: Scale;
  readonly coverage: Coverage;
  /** The labels of all points of the horizontal axis. Only some of them are shown. */
  readonly labels: readonly string[];
  /** The index of the selected point. */
  readonly selected: number | undefined;
}

/**
 * The drawing of a chart. All positions are attributes in percent, so that it fits every width and needs no inline
 * styles, which a content security policy may forbid in HTML from a server.
 */
export function Drawing({ lines, scale, coverage, labels, selected }: DrawingProps): JSX.Element {
  const points = labels.length;
  const x = selected === undefined ? "" : `${xOf(selected, points)}%`;
  return (
    <svg aria-hidden="true" width="100%" height="100%" overflow="visible">
      {scale.ticks.map((tick) => (
        <line key={tick} x2="100%" y1={`${scale.y(tick)}%`} y2={`${scale.y(tick)}%`} />
      ))}
      {labelledPoints(points).map((point, index, all) => (
        <text
          key={point}
          x={`${xOf(point, points)}%`}
          y="100%"
          dy="1.6em"
          textAnchor={point === points - 1 && points > 1 ? "end" : point ? "middle" : "start"}
          data-odd={(all.length - index) % 2 === 0 || undefined}
        >
          {labels[point]}
        </text>
      ))}
      <svg viewBox="0 0 100 100" preserveAspectRatio="none" overflow="visible">
        {lines.map((line, index) => (
          <Paths key={line.id} line={line} index={index} y={scale.y} coverage={coverage} />
        ))}
      </svg>
      {selected !== undefined && (
        <>
          <line x1={x} x2={x} y2="100%" />
          {lines.map(({ id, values }, index) => {
            const value = values[selected] ?? null;
            if (value === null) return null;
            return (
              <circle
                key={id}
                cx={x}
                cy={`${scale.y(value)}%`}
                r="4.5"
                className={`acme-series-${index + 1}`}
              />
            );
          })}
        </>
      )}
    </svg>
  );
}

interface PathsProps {
  readonly line: Line;
  readonly index: number;
  readonly y: Scale["y"];
  readonly coverage: Coverage;
}

/** A line, dotted to incomplete values, and the dashed line of the earlier range. */
function Paths({ line: { values, previous }, index, y, coverage: { first, last } }: PathsProps): JSX.Element {
  const end = values.length - 1;
  return (
    <g className={`acme-series-${index + 1}`}>
      {previous && <path d={pathOf(previous, y)} className="acme-metric-line acme-metric-previous" />}
      <path d={pathOf(values, y, first, last)} className="acme-metric-line" />
      {first > 0 && <path d={pathOf(values, y, 0, first)} className="acme-metric-line acme-metric-partial" />}
      {last < end && (
        <path
          d={pathOf(values, y, Math.max(0, last), end)}
          className="acme-metric-line acme-metric-partial"
        />
      )}
    </g>
  );
}

import type { JSX } from "react";
import { Swatch } from "./legend.tsx";
import type { Reading } from "./reading.ts";

interface TooltipProps extends Reading {
  /** The horizontal position of the interval in percent. The tooltip is on the side with more space. */
  readonly x: number;
}

/** The values of the selected interval. Screen readers get them from the chart's slider. */
export function Tooltip({ title, isPartial, rows, x }: TooltipProps): JSX.Element {
  const hasBefore = rows.some(({ before }) => before);
  return (
    <div
      className="acme-metric-tooltip"
      aria-hidden="true"
      style={x > 50 ? { right: `${100 - x}%` } : { left: `${x}%` }}
    >
      <b>{title}</b>
      {isPartial && " (incomplete)"}
      <table>
        {hasBefore && (
          <thead>
            <tr>
              {["", "Value", "Before", "Change"].map((heading) => (
                <th key={heading}>{heading}</th>
              ))}
            </tr>
          </thead>
        )}
        <tbody>
          {rows.map(({ id, name, value, before, change }, index) => (
            <tr key={id}>
              <th>
                <Swatch index={index} /> <bdi>{name}</bdi>
              </th>
              <td>
                <b>{value}</b>
              </td>
              {hasBefore && (
                <>
                  <td>{before}</td>
                  <td>{change}</td>
                </>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

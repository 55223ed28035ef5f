import type { ReactNode } from "react";
import { changeOf } from "@/features/dashboard/changes";
import { formatChange } from "@/features/dashboard/format";
import type { Value } from "./plot";

interface TooltipLine {
  readonly id: string;
  readonly title: string;
  readonly color: string;
  readonly value: Value;
  /** The value of the earlier range, if the chart has one. */
  readonly before: Value | undefined;
}

interface TooltipProps {
  readonly title: string;
  /** The horizontal position of the point in percent. The tooltip is on the side with more space. */
  readonly position: number;
  readonly lines: readonly TooltipLine[];
  readonly format: (value: Value) => string;
  readonly children: ReactNode;
}

/** The values of a point, next to it. Screen readers get them from the chart's slider. */
export function Tooltip({ title, position, lines, format, children }: TooltipProps) {
  const side = position > 50 ? { right: `${100 - position}%` } : { left: `${position}%` };
  const hasBefore = lines.some(({ before }) => before !== undefined);
  return (
    <div aria-hidden="true" className="chart-tooltip" style={side}>
      <p className="pb-1 font-medium">{title}</p>
      <table className="w-full tabular-nums">
        {hasBefore && (
          <thead className="text-muted">
            <tr>
              {["", "Value", "Before", "Change"].map((heading) => (
                <th key={heading} className="pl-3 text-right font-normal first:pl-0">
                  {heading}
                </th>
              ))}
            </tr>
          </thead>
        )}
        <tbody>
          {lines.map(({ id, title: name, color, value, before }) => (
            <tr key={id}>
              <th className="text-left font-normal">
                <span className="mr-1.5 inline-block size-2 rounded-full" style={{ background: color }} />
                <span className="inline-block max-w-28 truncate align-bottom">{name}</span>
              </th>
              <td className="pl-3 text-right font-semibold">{format(value)}</td>
              {before !== undefined && (
                <>
                  <td className="pl-3 text-right text-muted">{format(before)}</td>
                  <td className="pl-3 text-right">{formatChange(changeOf(value, before))}</td>
                </>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {children && <p className="pt-1 text-muted">{children}</p>}
    </div>
  );
}

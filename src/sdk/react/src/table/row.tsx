import type { Event } from "@acme/analytics-sdk";
import type { CSSProperties, JSX } from "react";
import type { Column, Format } from "./columns.ts";

interface RowProps {
  readonly id: string;
  readonly event: Event;
  readonly index: number;
  readonly columns: readonly Column[];
  readonly format: Format;
  readonly isActive: boolean;
  readonly isOpen: boolean;
  /** Whether the last refresh added the event. */
  readonly isFresh: boolean;
  readonly style: CSSProperties;
  readonly onClick: () => void;
}

/** One row of the table. The grid, not the row, has the focus and handles keys. */
export function Row({ id, event, index, columns, format, style, onClick, ...is }: RowProps): JSX.Element {
  return (
    <div
      id={id}
      role="row"
      tabIndex={-1}
      aria-rowindex={index + 2}
      aria-selected={is.isActive}
      data-open={is.isOpen || undefined} // ARIA has no expanded state for rows of a grid
      data-fresh={is.isFresh || undefined}
      className="acme-events-row"
      style={style}
      onClick={onClick}
    >
      {columns.map(({ title, cell }) => (
        <div key={title} role="gridcell">
          {cell(event, format)}
        </div>
      ))}
    </div>
  );
}

import type { ReactNode } from "react";

interface TableProps {
  /** The title for screen readers. */
  readonly caption: string;
  /** The cells of the first row. */
  readonly head: ReactNode;
  /** The other rows. */
  readonly children: ReactNode;
}

/** A table in a frame, which scrolls horizontally if it is wider than the page. */
export function Table({ caption, head, children }: TableProps) {
  return (
    <div className="relative overflow-x-auto rounded-lg border border-line bg-surface">
      <table className="w-full text-left text-sm [&_thead_th]:font-medium [&_tr]:border-b [&_tr]:border-line [&_tbody_tr:last-child]:border-0">
        <caption className="sr-only">{caption}</caption>
        <thead className="text-muted">
          <tr>{head}</tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

interface PeriodTableProps {
  readonly caption: string;
  /** The headings of the columns. The first column has the periods. */
  readonly headings: readonly string[];
  /** The cells of each row. */
  readonly rows: readonly (readonly ReactNode[])[];
  /** Whether all columns are equally important. By default, the first number of a row stands out. */
  readonly isUniform?: boolean;
}

/** A table of numbers by period, or by another first column, which is part of a panel. */
export function PeriodTable({ caption, headings, rows, isUniform = false }: PeriodTableProps) {
  return (
    <table
      className={`w-full text-right text-sm tabular-nums [&_th:first-child]:text-left ${isUniform ? "" : "[&_td+td]:text-muted"}`}
    >
      <caption className="sr-only">{caption}</caption>
      <thead className="text-muted">
        <tr>
          {headings.map((heading, column) => (
            // oxlint-disable-next-line react/no-array-index-key -- two columns can have the same heading
            <th key={column} className="px-4 py-1.5 font-medium">
              {heading}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(([period, ...values], row) => (
          // oxlint-disable-next-line react/no-array-index-key
          <tr key={row} className="border-t border-line">
            <th scope="row" className="px-4 py-1.5 font-normal">
              {period}
            </th>
            {values.map((value, column) => (
              // oxlint-disable-next-line react/no-array-index-key
              <td key={column} className="px-4 py-1.5">
                {value}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

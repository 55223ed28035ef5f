"use client";

import { type Cell, csvOf, download } from "./csv";

interface CsvButtonProps {
  /** The name of the file without its extension. */
  readonly name: string;
  /** Returns the rows of the file. The first one has the headings. */
  readonly rows: () => readonly (readonly Cell[])[];
}

/** Saves the data of a panel as a CSV file. */
export function CsvButton({ name, rows }: CsvButtonProps) {
  return (
    <button type="button" className="button" onClick={() => download(`${name}.csv`, csvOf(rows()))}>
      <span className="max-sm:sr-only">Download</span> CSV
    </button>
  );
}

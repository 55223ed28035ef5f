/** The values of an interval, formatted. */
export interface Reading {
  readonly title: string;
  /** Whether the interval isn't over yet, or is longer than the range. */
  readonly isPartial: boolean;
  readonly rows: readonly {
    readonly id: string;
    readonly name: string;
    readonly value: string;
    readonly before?: string;
    readonly change?: string;
  }[];
}

/** Return the values as a text for screen readers. */
export function textOf({ title, isPartial, rows }: Reading): string {
  const values = rows.map(
    ({ name, value, before }) => `${name} ${value}${before ? `, before ${before}` : ""}`,
  );
  return `${title}${isPartial ? " (incomplete)" : ""}: ${values.join("; ")}`;
}

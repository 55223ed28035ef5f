import type { JSX } from "react";
import type { Line } from "./lines.ts";

interface LegendProps {
  readonly lines: readonly Line[];
  /** The number of lines that aren't drawn. */
  readonly hidden: number;
}

/** The names of the lines, in the lines' colours. */
export function Legend({ lines, hidden }: LegendProps): JSX.Element {
  return (
    <ul className="acme-metric-legend acme-insight-note">
      {lines.map(({ id, name }, index) => (
        <li key={id} title={name}>
          <Swatch index={index} />
          <bdi>{name}</bdi>
        </li>
      ))}
      {lines.some(({ previous }) => previous) && (
        <li>
          <svg className="acme-metric-swatch" aria-hidden="true" viewBox="0 0 16 10">
            <path d="M0,5h16" className="acme-metric-line acme-metric-previous" />
          </svg>
          Before
        </li>
      )}
      {hidden > 0 && <li>and {hidden} more</li>}
    </ul>
  );
}

/** The colour of a line. */
export function Swatch({ index }: { readonly index: number }): JSX.Element {
  return (
    <svg className={`acme-metric-swatch acme-series-${index + 1}`} aria-hidden="true" viewBox="0 0 10 10">
      <circle cx="5" cy="5" r="5" />
    </svg>
  );
}

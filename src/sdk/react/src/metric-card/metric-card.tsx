import type { Series, TrendsQuery } from "@acme/analytics-sdk/insights";
import type { JSX } from "react";
import { changes, headlines } from "../insights/format.ts";
import { Frame } from "../insights/frame.tsx";
import type { InsightProps } from "../insights/props.ts";
import { useInsight } from "../use-insight.ts";
import { METRIC_CARD_STYLES } from "./styles.ts";

export interface MetricCardProps extends InsightProps<"trends"> {
  /** A trend with one series. With `compare`, the card also shows the value before and the change. */
  readonly query: Omit<TrendsQuery, "series" | "timezone" | "breakdown"> & {
    readonly series: readonly [Series];
  };
  /** How numbers are formatted, such as `{ style: "currency", currency: "EUR" }`. */
  readonly numberFormat?: Intl.NumberFormatOptions | undefined;
}

/** The total of a series, with the total of an earlier range and the change. */
export function MetricCard({ query, numberFormat, ...props }: MetricCardProps): JSX.Element {
  const { timeZone, locale, initialData, refreshMs } = props;
  const options = { initialData, refreshMs };
  const result = useInsight({ ...query, kind: "trends", timezone: timeZone }, options);
  const { total = null, previous } = result.data?.series[0] ?? {};
  const format = headlines(locale, numberFormat);
  return (
    <Frame
      name="acme-metric-card"
      css={METRIC_CARD_STYLES}
      props={props}
      result={result}
      isEmpty={total === null}
    >
      <p className="acme-metric-value">{format(total)}</p>
      {query.compare && (
        <p className="acme-metric-before acme-insight-note">
          <Change value={total} before={previous?.total ?? null} locale={locale} /> {format(previous?.total)}{" "}
          before
        </p>
      )}
    </Frame>
  );
}

interface ChangeProps {
  readonly value: number | null;
  readonly before: number | null;
  readonly locale: string | undefined;
}

/** A change with an arrow, but without colour, because an increase isn't good for every metric. */
function Change({ value, before, locale }: ChangeProps): JSX.Element {
  const difference = value === null || before === null ? 0 : value - before;
  return (
    <>
      <span aria-hidden="true">{difference > 0 ? "↑ " : difference < 0 ? "↓ " : ""}</span>
      <b>{changes(locale)(value, before)}</b>
      <span className="acme-insight-hidden"> compared with</span>
    </>
  );
}

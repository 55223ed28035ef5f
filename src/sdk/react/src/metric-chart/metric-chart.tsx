import type { TrendsQuery } from "@acme/analytics-sdk/insights";
import type { JSX } from "react";
import { Frame } from "../insights/frame.tsx";
import type { InsightProps } from "../insights/props.ts";
import { useInsight } from "../use-insight.ts";
import { coverageOf } from "./coverage.ts";
import { linesOf } from "./lines.ts";
import { Plot } from "./plot.tsx";
import { METRIC_CHART_STYLES } from "./styles.ts";
import { useNow } from "./use-now.ts";

export interface MetricChartProps extends InsightProps<"trends"> {
  /** A trend. With `compare`, dashed lines show the values of an earlier range. */
  readonly query: Omit<TrendsQuery, "timezone">;
  /** The names of the query's series. Default: their event types. */
  readonly names?: readonly string[] | undefined;
  /** How numbers are formatted, such as `{ style: "currency", currency: "EUR" }`. */
  readonly numberFormat?: Intl.NumberFormatOptions | undefined;
}

/** The number of colours. */
const LINES_MAX = 8;

/**
 * The values of a trend over time, as lines. The pointer and the arrow keys select an interval, whose values are shown
 * and announced. Lines to incomplete intervals are dotted.
 */
export function MetricChart({ query, names, numberFormat, ...props }: MetricChartProps): JSX.Element {
  const { title, timeZone, locale, initialData, refreshMs } = props;
  const options = { initialData, refreshMs };
  const result = useInsight({ ...query, kind: "trends", timezone: timeZone }, options);
  const now = useNow();
  const { data } = result;
  const coverage = data && coverageOf(data, query, now);
  const lines = data && coverage ? linesOf(data, query.series, names, coverage) : [];
  const isEmpty = !lines.some(({ values, previous = [] }) => [...values, ...previous].some(Boolean));
  return (
    <Frame name="acme-metric-chart" css={METRIC_CHART_STYLES} props={props} result={result} isEmpty={isEmpty}>
      {data && coverage && !isEmpty && (
        <Plot
          label={title}
          data={data}
          lines={lines.slice(0, LINES_MAX)}
          hidden={Math.max(0, lines.length - LINES_MAX)}
          coverage={coverage}
          locale={locale}
          numberFormat={numberFormat}
        />
      )}
    </Frame>
  );
}

import type { RetentionCell, RetentionQuery, RetentionResult } from "@acme/analytics-sdk/insights";
import type { JSX } from "react";
import { labels, numbers, shares } from "../insights/format.ts";
import { Frame } from "../insights/frame.tsx";
import type { InsightProps } from "../insights/props.ts";
import { useInsight } from "../use-insight.ts";
import { RETENTION_GRID_STYLES } from "./styles.ts";

export interface RetentionGridProps extends InsightProps<"retention"> {
  /** A retention table. Default: the cohorts of the last 30 days, by week. */
  readonly query?: Omit<RetentionQuery, "timezone"> | undefined;
}

/** The share of each cohort's users who returned in each period, as a table with a heat map. */
export function RetentionGrid({ query, ...props }: RetentionGridProps): JSX.Element {
  const { title, timeZone, locale, initialData, refreshMs } = props;
  const options = { initialData, refreshMs };
  const result = useInsight({ ...query, kind: "retention", timezone: timeZone }, options);
  const { data } = result;
  const isEmpty = !data?.cohorts.some(({ size }) => size);
  return (
    <Frame
      name="acme-retention-grid"
      css={RETENTION_GRID_STYLES}
      props={props}
      result={result}
      isEmpty={isEmpty}
    >
      {data && !isEmpty && (
        // A keyboard can scroll only what has the focus.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <section className="acme-retention-scroller" tabIndex={0} aria-label={`${title}: cohorts`}>
          <Cohorts title={title} data={data} interval={query?.interval ?? "week"} locale={locale} />
        </section>
      )}
    </Frame>
  );
}

interface CohortsProps {
  readonly title: string;
  readonly data: RetentionResult;
  readonly interval: NonNullable<RetentionQuery["interval"]>;
  readonly locale: string | undefined;
}

function Cohorts({ title, data: { cohorts, overall }, interval, locale }: CohortsProps): JSX.Element {
  const [format, formatShare, formatDate] = [numbers(locale), shares(locale), labels(interval, locale)];
  const unit = interval[0]!.toUpperCase() + interval.slice(1);
  return (
    <table>
      <caption className="acme-insight-hidden">{title}</caption>
      <thead>
        <tr>
          {["Cohort", "Users", ...overall.map(({ period }) => `${unit} ${period}`)].map((heading) => (
            <th key={heading} scope="col">
              {heading}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        <tr>
          <th scope="row">All cohorts</th>
          <td>{format(cohorts.reduce((sum, { size }) => sum + size, 0))}</td>
          {overall.map(({ period, rate }) => (
            <td key={period}>{formatShare(rate)}</td>
          ))}
        </tr>
        {cohorts.map(({ date, size, values }) => (
          <tr key={date}>
            <th scope="row">{formatDate(date)}</th>
            <td>{format(size)}</td>
            {values.map((cell) => (
              <Cell key={cell.period} cell={cell} size={size} format={formatShare} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface CellProps {
  readonly cell: RetentionCell;
  /** The number of users in the cohort. */
  readonly size: number;
  readonly format: (share: number) => string;
}

/** A rate, on a background that is stronger the higher the rate is. */
function Cell({ cell: { users, complete }, size, format }: CellProps): JSX.Element {
  if (!size || (!complete && !users)) return <td>–</td>;
  const rate = users / size;
  return (
    <td data-unfinished={!complete || undefined}>
      <svg aria-hidden="true" width="100%" height="100%">
        <rect width="100%" height="100%" rx="3" fillOpacity={Math.round(45 * rate) / 100} />
      </svg>
      <span>{format(rate)}</span>
      {!complete && <span className="acme-insight-hidden"> so far</span>}
    </td>
  );
}

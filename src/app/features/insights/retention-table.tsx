import type { Interval, RetentionCell, RetentionResult } from "@acme/analytics-sdk/insights";
import { LineChart } from "@/features/charts/line-chart";
import { formatNumber } from "@/features/dashboard/format";
import { formatBucket, formatRate } from "./format";
import { ScrollRegion } from "./scroll-region";

/** The opacity of the background of 100%, on which the text is still legible. */
const STRENGTH_MAX = 0.45;

interface RetentionTableProps {
  readonly result: RetentionResult;
  readonly interval: Interval;
}

/** The rate of all cohorts as a chart, and the rate of each cohort and period as a table. */
export function RetentionTable({ result: { cohorts, overall }, interval }: RetentionTableProps) {
  const unit = interval[0]!.toUpperCase() + interval.slice(1);
  const periods = overall.map(({ period }) => `${unit} ${period}`);
  return (
    <>
      <LineChart
        label="Users who returned, by period"
        points={periods.map((period) => ({ label: period, title: period }))}
        lines={[{ id: "all", title: "All cohorts", values: overall.map(({ rate }) => rate) }]}
        format={formatRate}
        formatAxis={formatRate}
      />
      {cohorts.some(({ values }) => values.some(({ complete }) => !complete)) && (
        <p className="px-4 pb-3 text-xs text-muted">
          <span className="mr-1 inline-block rounded-sm border border-dashed border-muted px-1 italic">
            12%
          </span>{" "}
          The period isn&apos;t over yet, so the rate can still rise. “All cohorts” leaves it out.
        </p>
      )}
      <ScrollRegion label="Cohorts">
        <table className="w-full text-right text-sm tabular-nums [&_td:last-child]:pr-4 [&_th:first-child]:pl-4 [&_th:last-child]:pr-4">
          <caption className="sr-only">
            Users who returned, by cohort and period. Rates of unfinished periods are in italics.
          </caption>
          <thead className="text-muted">
            <tr>
              {["Cohort", "Users", ...periods].map((heading, column) => (
                <th
                  key={heading}
                  className={`px-3 py-1.5 font-medium whitespace-nowrap ${column ? "" : "text-left"}`}
                >
                  {heading}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <tr className="border-t border-line font-medium">
              <th scope="row" className="px-3 py-1.5 text-left font-medium whitespace-nowrap">
                All cohorts
              </th>
              <td className="px-3 py-1.5">
                {formatNumber(cohorts.reduce((sum, { size }) => sum + size, 0))}
              </td>
              {overall.map(({ period, rate }) => (
                <td key={period} className="px-3 py-1.5">
                  {formatRate(rate)}
                </td>
              ))}
            </tr>
            {cohorts.map(({ date, size, values }) => (
              <tr key={date} className="border-t border-line">
                <th scope="row" className="px-3 py-1.5 text-left font-normal whitespace-nowrap">
                  {formatBucket(date, interval)}
                </th>
                <td className="px-3 py-1.5">{formatNumber(size)}</td>
                {values.map((cell) => (
                  <RateCell key={cell.period} cell={cell} size={size} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
    </>
  );
}

/** A rate, on a background that is stronger the higher the rate is. */
function RateCell({
  cell: { users, complete },
  size,
}: {
  readonly cell: RetentionCell;
  readonly size: number;
}) {
  if (!size || (!complete && !users)) return <td className="px-3 py-1.5 text-muted">–</td>;
  const rate = users / size;
  return (
    <td
      className={`relative px-3 py-1.5 ${complete ? "" : "italic"}`}
      title={`${formatNumber(users)} users${complete ? "" : ", period not finished"}`}
    >
      <span
        aria-hidden="true"
        className="absolute inset-y-px right-0.5 left-0.5 rounded-sm bg-accent"
        style={{ opacity: STRENGTH_MAX * rate }}
      />
      {!complete && (
        <span
          aria-hidden="true"
          className="absolute inset-y-px right-0.5 left-0.5 rounded-sm border border-dashed border-muted"
        />
      )}
      <span className="relative">{formatRate(rate)}</span>
    </td>
  );
}

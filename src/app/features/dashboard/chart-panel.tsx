import { Panel } from "@/ui/panel";
import { PeriodTable } from "@/ui/table";
import { Skeleton } from "@/ui/skeleton";
import { DailyChart } from "./daily-chart";
import { formatDay, formatNumber } from "./format";
import { titleOf } from "./metrics";
import type { ComparedMetric } from "./use-dashboard-metrics";

interface ChartPanelProps {
  readonly metrics: readonly ComparedMetric[] | undefined;
  readonly shown: ComparedMetric | undefined;
  readonly onShow: (metric: string) => void;
}

/** The chart of the selected metric, and its values as a table. */
export function ChartPanel({ metrics, shown, onShow }: ChartPanelProps) {
  const select = (
    <select
      aria-label="Chart metric"
      className="field mt-0 w-auto text-sm"
      value={shown?.current.name ?? ""}
      onChange={({ target }) => onShow(target.value)}
    >
      {metrics?.map(({ current: { name } }) => (
        <option key={name} value={name}>
          {titleOf(name)}
        </option>
      )) ?? <option value="">Loading…</option>}
    </select>
  );
  return (
    <Panel title="Daily values" aside={select}>
      {shown ? <DailyChart {...shown} /> : <ChartSkeleton />}
      <details className="border-t border-line">
        <summary className="px-4 py-2.5 text-sm text-muted">Show as table</summary>
        {shown && <DailyTable {...shown} />}
      </details>
    </Panel>
  );
}

function ChartSkeleton() {
  return (
    <div className="px-4 pb-4">
      <div className="min-h-10 sm:min-h-5" />
      <Skeleton className="chart-frame ml-0" />
    </div>
  );
}

/** The chart's values by day, newest first. */
function DailyTable({ current, previous }: ComparedMetric) {
  const rows = current.daily.map(({ date, value }, day) => [
    formatDay(date),
    formatNumber(value),
    formatNumber(previous?.daily[day]?.value ?? null),
  ]);
  const title = titleOf(current.name);
  return (
    <PeriodTable
      caption={`${title} by UTC day, newest first`}
      headings={["Date (UTC)", title, "Previous period"]}
      rows={rows.reverse()}
    />
  );
}

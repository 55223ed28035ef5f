import { titleOf } from "@/lib/metrics";
import type { ComparedMetric } from "@/lib/use-dashboard-metrics";
import { DailyChart } from "./daily-chart";
import { DailyTable } from "./daily-table";
import { Panel } from "./panel";
import { Skeleton } from "./skeleton";

interface ChartPanelProps {
  readonly metrics: readonly ComparedMetric[] | undefined;
  readonly shown: ComparedMetric | undefined;
  readonly onShow: (metric: string) => void;
}

/** One metric large, to read values off; chosen here, or on its card. */
export function ChartPanel({ metrics, shown, onShow }: ChartPanelProps) {
  const select = (
    <select
      aria-label="Metric of the chart"
      className="field mt-0 w-auto text-sm"
      value={shown?.current.name ?? ""}
      onChange={({ target }) => onShow(target.value)}
    >
      {metrics?.map(({ current: { name } }) => (
        <option key={name} value={name}>
          {titleOf(name)}
        </option>
      )) ?? <option value="">Loading …</option>}
    </select>
  );
  return (
    <Panel title="Day by day" aside={select}>
      {shown ? <DailyChart {...shown} /> : <ChartSkeleton />}
      <details className="border-t border-line">
        <summary className="px-4 py-2.5 text-sm text-muted">Show the days as a table</summary>
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

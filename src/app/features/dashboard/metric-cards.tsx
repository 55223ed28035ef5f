import type { DailyValue } from "@acme/analytics-sdk";
import { Skeleton } from "@/ui/skeleton";
import { formatChange, formatHeadline } from "./format";
import { aggregationOf, type Change, changeOf, headlineOf, titleOf } from "./metrics";
import { areaPath, linePath, plotOf } from "./plot";
import type { ComparedMetric } from "./use-dashboard-metrics";

/** The number of placeholders, which fill one row on a wide screen. */
const SKELETONS = 6;

interface MetricCardsProps {
  readonly metrics: readonly ComparedMetric[] | undefined;
  readonly shown: string | undefined;
  readonly onShow: (metric: string) => void;
}

/** A card for every metric of the organisation. */
export function MetricCards({ metrics, shown, onShow }: MetricCardsProps) {
  return (
    <section
      aria-label="Metrics"
      aria-busy={!metrics}
      className="grid grid-cols-2 gap-3 sm:grid-cols-3 xl:grid-cols-6"
    >
      {metrics?.map((metric) => (
        <MetricCard
          key={metric.current.name}
          {...metric}
          isShown={metric.current.name === shown}
          onShow={() => onShow(metric.current.name)}
        />
      )) ?? Array.from({ length: SKELETONS }, (_, card) => <MetricCardSkeleton key={card} />)}
    </section>
  );
}

interface MetricCardProps extends ComparedMetric {
  /** Whether the chart shows this metric. */
  readonly isShown: boolean;
  readonly onShow: () => void;
}

/** A metric's value, its change and a sparkline. A click shows it in the chart. */
function MetricCard({ current, previous, isShown, onShow }: MetricCardProps) {
  const headline = headlineOf(current);
  const change = changeOf(headline, previous ? headlineOf(previous) : null);
  return (
    <button
      type="button"
      aria-pressed={isShown}
      onClick={onShow}
      className="metric-card hover:border-muted aria-pressed:border-accent"
    >
      <span className="truncate text-sm text-muted">{titleOf(current.name)}</span>
      <span className="text-2xl font-semibold tabular-nums">{formatHeadline(headline)}</span>
      <span className="text-xs whitespace-nowrap text-muted">
        <ChangeMark change={change} /> {aggregationOf(current)}
      </span>
      <Sparkline daily={current.daily} />
    </button>
  );
}

/** An arrow without colour, because an increase isn't good for every metric: support tickets, for example. */
function ChangeMark({ change }: { readonly change: Change }) {
  const ratio = change.kind === "percent" ? change.ratio : 0;
  const arrow = ratio > 0 ? "↑" : ratio < 0 ? "↓" : "";
  return (
    <span className="mr-1 font-semibold text-text tabular-nums">
      <span aria-hidden="true">{arrow} </span>
      {formatChange(change)}
      <span className="sr-only"> compared with the previous period</span>
    </span>
  );
}

function MetricCardSkeleton() {
  return (
    <div className="metric-card">
      <Skeleton className="my-0.5 h-4 w-20" />
      <Skeleton className="my-1 h-6 w-28" />
      <Skeleton className="my-0.5 h-3 w-16" />
      <Skeleton className="mt-3 h-9 w-full" />
    </div>
  );
}

/** A small chart without labels. The large chart and its table show the values. */
function Sparkline({ daily }: { readonly daily: readonly DailyValue[] }) {
  const plot = plotOf(daily.length, daily);
  return (
    <svg
      aria-hidden="true"
      viewBox="0 -3 100 106"
      preserveAspectRatio="none"
      className="mt-3 h-9 w-full text-accent"
    >
      <path d={areaPath(plot, daily)} fill="currentColor" opacity="0.1" />
      <path
        d={linePath(plot, daily)}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}

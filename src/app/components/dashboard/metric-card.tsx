import { type Change, changeOf } from "@/lib/change";
import { formatChange, formatHeadline } from "@/lib/format";
import { headlineOf, meaningOf, titleOf } from "@/lib/metrics";
import type { ComparedMetric } from "@/lib/use-dashboard-metrics";
import { Skeleton } from "./skeleton";
import { Sparkline } from "./sparkline";

interface MetricCardProps extends ComparedMetric {
  /** It is the one that the large chart shows. */
  readonly isShown: boolean;
  readonly onShow: () => void;
}

/** A metric's total, how it changed, and its days; a click shows it in the large chart. */
export function MetricCard({ current, previous, isShown, onShow }: MetricCardProps) {
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
        <ChangeMark change={change} /> {meaningOf(current)}
      </span>
      <Sparkline daily={current.daily} />
    </button>
  );
}

/** More is not better of everything, support tickets say: arrows tell the direction, no colour judges it. */
function ChangeMark({ change }: { readonly change: Change }) {
  const ratio = change.kind === "percent" ? change.ratio : 0;
  const arrow = ratio > 0 ? "↑" : ratio < 0 ? "↓" : "";
  return (
    <span className="mr-1 font-semibold text-text tabular-nums">
      <span aria-hidden="true">{arrow} </span>
      {formatChange(change)}
      <span className="sr-only"> against the period before</span>
    </span>
  );
}

export function MetricCardSkeleton() {
  return (
    <div className="metric-card">
      <Skeleton className="my-0.5 h-4 w-20" />
      <Skeleton className="my-1 h-6 w-28" />
      <Skeleton className="my-0.5 h-3 w-16" />
      <Skeleton className="mt-3 h-9 w-full" />
    </div>
  );
}

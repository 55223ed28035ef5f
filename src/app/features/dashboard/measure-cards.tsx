import { plotOf, linePath, areaPath, type Value } from "@/features/charts/plot";
import { Skeleton } from "@/ui/skeleton";
import { type Change, changeOf } from "./changes";
import { formatChange, formatHeadline } from "./format";
import type { Measure } from "./measures";

/** The number of placeholders, which fill one row on a wide screen. */
const SKELETONS = 6;

interface MeasureCardsProps {
  readonly measures: readonly Measure[] | undefined;
  readonly shown: string | undefined;
  /** Whether the numbers belong to the previous filters. */
  readonly isOld: boolean;
  readonly onShow: (measure: string) => void;
}

/** A card for every measure. */
export function MeasureCards({ measures, shown, isOld, onShow }: MeasureCardsProps) {
  return (
    <section
      aria-label="Metrics"
      aria-busy={!measures || isOld}
      data-old={isOld || undefined}
      className="answer grid grid-cols-2 gap-3 sm:grid-cols-[repeat(auto-fill,minmax(11rem,1fr))]"
    >
      {measures?.map((measure) => (
        <MeasureCard
          key={measure.name}
          measure={measure}
          isShown={measure.name === shown}
          onShow={() => onShow(measure.name)}
        />
      )) ?? Array.from({ length: SKELETONS }, (_, card) => <MeasureCardSkeleton key={card} />)}
    </section>
  );
}

interface MeasureCardProps {
  readonly measure: Measure;
  /** Whether the chart shows this measure. */
  readonly isShown: boolean;
  readonly onShow: () => void;
}

/** A measure's value, the value before, the change and a sparkline. A click shows it in the chart. */
function MeasureCard({
  measure: { title, kind, total, currency, values, previous },
  isShown,
  onShow,
}: MeasureCardProps) {
  return (
    <button
      type="button"
      aria-pressed={isShown}
      onClick={onShow}
      className="metric-card hover:border-muted aria-pressed:border-accent"
    >
      <span className="max-w-full truncate text-sm text-muted">
        {title} {kind && <span className="text-xs">({kind})</span>}
      </span>
      <span className="text-2xl font-semibold tabular-nums">{formatHeadline(total, currency)}</span>
      <span className="min-h-4 max-w-full truncate text-xs text-muted">
        {previous && (
          <>
            <ChangeMark change={changeOf(total, previous.total)} />
            {formatHeadline(previous.total, currency)} before
          </>
        )}
      </span>
      <Sparkline values={values} />
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
      <span className="sr-only"> compared with </span>
    </span>
  );
}

function MeasureCardSkeleton() {
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
function Sparkline({ values }: { readonly values: readonly Value[] }) {
  const plot = plotOf(values.length, values);
  return (
    <svg
      aria-hidden="true"
      viewBox="0 -3 100 106"
      preserveAspectRatio="none"
      className="mt-3 h-9 w-full text-accent"
    >
      <path d={areaPath(plot, values)} fill="currentColor" opacity="0.1" />
      <path
        d={linePath(plot, values)}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  );
}

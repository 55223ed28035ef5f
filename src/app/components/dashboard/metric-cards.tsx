import type { ComparedMetric } from "@/lib/use-dashboard-metrics";
import { MetricCard, MetricCardSkeleton } from "./metric-card";

/** Events, active users, and what the sample organisations load: the usual row. */
const SKELETONS = 6;

interface MetricCardsProps {
  readonly metrics: readonly ComparedMetric[] | undefined;
  readonly shown: string | undefined;
  readonly onShow: (metric: string) => void;
}

/** Every metric of the organisation, side by side. */
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

import type { EventTypeCount } from "@acme/analytics-sdk";
import { Panel } from "@/ui/panel";
import { Skeleton } from "@/ui/skeleton";
import { formatNumber, formatShare } from "./format";

interface BreakdownProps {
  readonly counts: readonly EventTypeCount[] | undefined;
  readonly chosen: readonly string[];
  readonly onToggle: (event_type: string) => void;
}

/** The event counts by type. A click on a type filters by it. */
export function Breakdown({ counts, chosen, onToggle }: BreakdownProps) {
  const most = counts?.[0]?.count ?? 0;
  const total = counts?.reduce((sum, { count }) => sum + count, 0) ?? 0;
  return (
    <Panel
      title="Event types"
      aside={<span className="text-xs text-muted">Select a type to filter</span>}
      className="flex flex-col"
    >
      {counts?.length === 0 && <p className="px-4 text-sm text-muted">No events in this period.</p>}
      <ul aria-label="Events by type" className="h-80 grow space-y-1 overflow-y-auto px-2 pb-3">
        {counts?.map(({ event_type, count }) => (
          <li key={event_type}>
            <button
              type="button"
              aria-pressed={chosen.includes(event_type)}
              onClick={() => onToggle(event_type)}
              className="breakdown-row"
            >
              <span className="flex justify-between gap-3">
                <span className="truncate">{event_type}</span>
                <span className="shrink-0 tabular-nums">
                  {formatNumber(count)}{" "}
                  <span className="inline-block w-12 text-right text-muted">{formatShare(count, total)}</span>
                </span>
              </span>
              <span aria-hidden="true" className="block h-1 rounded-full bg-raised">
                <span
                  className="block h-1 rounded-full bg-accent"
                  style={{ width: `${(100 * count) / most}%` }}
                />
              </span>
            </button>
          </li>
        )) ?? <SkeletonRows />}
      </ul>
    </Panel>
  );
}

function SkeletonRows() {
  return Array.from({ length: 7 }, (_, row) => (
    <li key={row} className="px-2 py-2.5">
      <Skeleton className="h-4 w-full" />
    </li>
  ));
}

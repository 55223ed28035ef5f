"use client";

import { useEvents } from "@acme/analytics-react";
import { useEffect } from "react";
import { Panel } from "@/ui/panel";

/** The newest event of all time. Without a start, the API lists only events of the last 30 days. */
const NEWEST_EVENT = { limit: 1, start_date: "2000-01-01" } as const;

interface EmptyPeriodProps {
  /** Called if the organisation has no events at all. Without it, the caller knows that there are some. */
  readonly onNone: (() => void) | undefined;
}

/** Says that a period has no events. */
export function EmptyPeriod({ onNone }: EmptyPeriodProps) {
  return (
    <Panel title="No events in this period">
      <p className="px-4 pb-5 text-muted">Choose another date range.</p>
      {onNone && <Search onNone={onNone} />}
    </Panel>
  );
}

function Search({ onNone }: { readonly onNone: () => void }) {
  const { events, isLoading, error } = useEvents(NEWEST_EVENT);
  const hasNone = !isLoading && !error && !events.length;
  useEffect(() => {
    if (hasNone) onNone();
  }, [hasNone, onNone]);
  return null;
}

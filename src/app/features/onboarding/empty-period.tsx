"use client";

import { useEvents } from "@acme/analytics-react";
import { useEffect } from "react";
import { Panel } from "@/ui/panel";
import { NEWEST_EVENTS } from "./onboarding";

/** Says that a period has no events, and calls `onNone` if the organisation has none at all. */
export function EmptyPeriod({ onNone }: { readonly onNone: () => void }) {
  const { events, isLoading, error } = useEvents(NEWEST_EVENTS);
  const hasNone = !isLoading && !error && !events.length;
  useEffect(() => {
    if (hasNone) onNone();
  }, [hasNone, onNone]);
  return (
    <Panel title="No events in this period">
      <p className="px-4 pb-5 text-muted">Choose another date range.</p>
    </Panel>
  );
}

"use client";

import { EventsTable } from "@acme/analytics-react/table";
import type { Filters } from "@/lib/filters";
import { useZone } from "@/lib/use-zone";
import { Panel } from "./panel";

interface RecentEventsProps {
  readonly filters: Filters;
  readonly refreshMs: number;
}

/** The events that match, newest first; new ones come by themselves. */
export function RecentEvents({ filters, refreshMs }: RecentEventsProps) {
  const { range, event_types, user_id } = filters;
  const zone = useZone();
  return (
    <Panel
      title="Events"
      aside={<span className="text-xs text-muted">Times in your zone{zone && ` (${zone})`}</span>}
      className="overflow-hidden"
    >
      <EventsTable
        label="Events, newest first"
        className="events"
        height={520}
        limit={100}
        {...range}
        event_type={event_types.length ? event_types : undefined}
        user_id={user_id}
        refreshMs={refreshMs}
      />
    </Panel>
  );
}

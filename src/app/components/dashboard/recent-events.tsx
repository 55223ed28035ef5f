"use client";

import { EventsTable } from "@acme/analytics-react/table";
import { eventFiltersOf, type Filters } from "@/lib/filters";
import { useZone } from "@/lib/use-zone";
import { Panel } from "./panel";

/** The events that match, newest first; new ones come by themselves. */
export function RecentEvents({ filters }: { readonly filters: Filters }) {
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
        {...eventFiltersOf(filters)}
      />
    </Panel>
  );
}

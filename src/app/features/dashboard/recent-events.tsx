"use client";

import { EventsTable } from "@acme/analytics-react/table";
import { useSyncExternalStore } from "react";
import { Panel } from "@/ui/panel";
import { eventFiltersOf, type Filters } from "./filters";
import { formatZone } from "./format";

/** The list of matching events, newest first. New events appear automatically. */
export function RecentEvents({ filters }: { readonly filters: Filters }) {
  const zone = useTimeZone();
  return (
    <Panel
      title="Events"
      aside={<span className="text-xs text-muted">Times in your time zone{zone && ` (${zone})`}</span>}
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

/** Return the browser's time zone, which is unknown until the page is hydrated. */
function useTimeZone(): string | undefined {
  return useSyncExternalStore(
    () => () => {},
    () => formatZone(new Date().getTimezoneOffset()),
    () => undefined,
  );
}

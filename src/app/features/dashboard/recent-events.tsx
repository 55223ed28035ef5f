"use client";

import { EventsTable } from "@acme/analytics-react/table";
import { useSyncExternalStore } from "react";
import { Panel } from "@/ui/panel";
import { type EventFilter, eventFiltersOf } from "./filters";
import { formatZone } from "./format";

interface RecentEventsProps {
  readonly filters: EventFilter;
  /** The height of the list in pixels. */
  readonly height: number;
}

/** The list of matching events, newest first. New events appear automatically. */
export function RecentEvents({ filters, height }: RecentEventsProps) {
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
        height={height}
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

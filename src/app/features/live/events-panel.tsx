"use client";

import { useEvents } from "@acme/analytics-react";
import { type Column, EventsTable } from "@acme/analytics-react/table";
import type { Event, EventFilters } from "@acme/analytics-sdk";
import { useMemo, useSyncExternalStore } from "react";
import { useZone } from "@/features/clock/clock";
import { formatTime } from "@/features/dashboard/format";
import { CsvButton } from "@/features/insights/csv-button";
import { Updated, useIsPaused, useTimeOf } from "@/features/insights/updates";
import { Panel } from "@/ui/panel";
import { EventSheet } from "./event-sheet";

const ROW_HEIGHT = 40;
const TALL_ROW_HEIGHT = 60;

function columnsOf(zone: string): readonly Column[] {
  return [
    { title: `Time (${zone})`, cell: ({ timestamp }) => formatTime(timestamp, zone), width: "13rem" },
    { title: "Event", cell: ({ event_type }) => event_type },
    { title: "User", cell: ({ user_id }) => user_id },
    { title: "Properties", cell: ({ properties }) => summaryOf(properties), width: "2fr" },
  ];
}

/** Return one column with two lines, which fits on a phone. */
function tallColumnsOf(zone: string): readonly Column[] {
  return [
    {
      title: `Event and user, with the time (${zone})`,
      width: "minmax(0, 1fr)",
      cell: ({ timestamp, event_type, user_id }) => (
        <>
          <span className="block truncate font-medium">{event_type}</span>
          <span className="block truncate text-xs text-muted">
            {formatTime(timestamp, zone)} · {user_id}
          </span>
        </>
      ),
    },
  ];
}

interface EventsPanelProps {
  /** The filters, or undefined if they can't be applied to a list. */
  readonly filters: EventFilters | undefined;
  /** The height of the list in pixels. */
  readonly height: number;
  /** How often new events are fetched. */
  readonly refreshMs: number;
}

/** The list of matching events, newest first. New events appear automatically. */
export function EventsPanel({ filters, height, refreshMs }: EventsPanelProps) {
  if (filters) return <EventList filters={filters} height={height} refreshMs={refreshMs} />;
  return (
    <Panel title="Events">
      <p className="px-4 pb-5 text-sm text-muted">
        The list of events can be filtered only by one user and by event types, so it isn&apos;t shown for
        these filters.
      </p>
    </Panel>
  );
}

function EventList({ filters, height, refreshMs }: EventsPanelProps & { readonly filters: EventFilters }) {
  const isPaused = useIsPaused();
  const isNarrow = useIsNarrow();
  const zone = useZone();
  const columns = useMemo(() => (isNarrow ? tallColumnsOf(zone) : columnsOf(zone)), [isNarrow, zone]);
  const { events, error } = useEvents(filters);
  const updatedAt = useTimeOf(events);
  const csv = events.length > 0 && <CsvButton name="events" rows={() => rowsOf(events)} />;
  return (
    <Panel title="Events" aside={csv} className="overflow-hidden">
      <EventsTable
        key={String(isNarrow)}
        label="Events, newest first"
        className="events"
        columns={columns}
        rowHeight={isNarrow ? TALL_ROW_HEIGHT : ROW_HEIGHT}
        height={height}
        renderDetails={(event, close) => <EventSheet event={event} onClose={close} />}
        refreshMs={isPaused ? undefined : refreshMs}
        {...filters}
      />
      {!error && <Updated at={updatedAt} />}
    </Panel>
  );
}

function rowsOf(events: readonly Event[]) {
  return [
    ["timestamp", "event_type", "user_id", "event_id", "properties"],
    ...events.map(({ timestamp, event_type, user_id, event_id, properties }) => [
      timestamp,
      event_type,
      user_id,
      event_id,
      JSON.stringify(properties),
    ]),
  ];
}

function summaryOf(properties: Event["properties"]): string {
  return Object.entries(properties)
    .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" · ");
}

const NARROW = "(max-width: 639px)";

/** Return whether the page is as narrow as on a phone. On the server, return false. */
function useIsNarrow(): boolean {
  return useSyncExternalStore(
    (listener) => {
      const query = matchMedia(NARROW);
      query.addEventListener("change", listener);
      return () => query.removeEventListener("change", listener);
    },
    () => matchMedia(NARROW).matches,
    () => false,
  );
}

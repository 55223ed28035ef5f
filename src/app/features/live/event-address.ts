import type { Event } from "@acme/analytics-sdk";

/** What identifies an event in an organisation. */
export type EventKey = Pick<Event, "timestamp" | "event_id" | "source">;

/** The form in which the API returns times: UTC, with microseconds. */
const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/;

/** Return a text by which events are equal, and sorted as the API does. */
export function keyOf({ timestamp, event_id, source }: EventKey): string {
  return `${timestamp} ${event_id} ${source}`;
}

/** Return the address of an event's page. `live` is the path of the list of events. */
export function addressOfEvent(live: string, { timestamp, event_id, source }: EventKey): string {
  return `${live}/event?${new URLSearchParams({ time: timestamp, id: event_id, source })}`;
}

/** Return the event that the query of an address names, or undefined if it names none. */
export function eventIn(
  query: Readonly<Record<string, string | string[] | undefined>>,
): EventKey | undefined {
  const { time, id, source } = query;
  if (typeof time !== "string" || !TIMESTAMP.test(time) || typeof id !== "string" || !id) return undefined;
  return source === "public" || source === "trusted" ? { timestamp: time, event_id: id, source } : undefined;
}

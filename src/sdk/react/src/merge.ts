import type { Event, EventFilters, EventList } from "@acme/analytics-sdk";

interface Listed {
  readonly order: EventFilters["order"];
  /** Nothing follows the events. */
  readonly isWhole: boolean;
}

/**
 * The events with those of a newer first page in their places, and which these are. Nothing if the page
 * does not reach the events that are known: then others may lie between, and the list has to start again.
 */
export function merged(
  events: readonly Event[],
  { data, next_cursor }: EventList,
  { order, isWhole }: Listed,
): { readonly events: readonly Event[]; readonly fresh: ReadonlySet<Event> } | undefined {
  const known = new Set(events.map(keyOf));
  const reaches = next_cursor === null || data.some((event) => known.has(keyOf(event)));
  if (!reaches) return undefined;
  const sign = order === "asc" ? 1 : -1;
  const compare = (a: Event, b: Event): number => sign * (keyOf(a) < keyOf(b) ? -1 : 1);
  const last = events.at(-1);
  const fresh = new Set(
    data.filter((event) => !known.has(keyOf(event)) && (isWhole || !last || compare(event, last) < 0)),
  );
  return { events: fresh.size ? [...fresh, ...events].sort(compare) : events, fresh };
}

/** Orders events as the API lists them: times have one width, ids are ASCII without spaces, trusted comes first. */
export function keyOf({ timestamp, event_id, source }: Event): string {
  return `${timestamp} ${event_id}${source === "public" ? " public" : ""}`;
}

import type { Event, EventFilters, EventList } from "@acme/analytics-sdk";

interface Listed {
  readonly order: EventFilters["order"];
  /** Whether the events reach the end of the list. */
  readonly isWhole: boolean;
}

/**
 * Return the events and the events of a newer first page as one list, and the set of new events. Return undefined if
 * the page has none of the known events: there may be more new events, so the list must be fetched again.
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

/**
 * Return a key that sorts events in the order of the API: by time, by id, and trusted events before public ones. All
 * times have the same length, and ids are ASCII without spaces.
 */
export function keyOf({ timestamp, event_id, source }: Event): string {
  return `${timestamp} ${event_id}${source === "public" ? " public" : ""}`;
}

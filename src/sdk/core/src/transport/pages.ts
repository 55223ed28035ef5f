import type { EventList, StoredEvent as Event } from "../api.gen.ts";
import { anyOf } from "../util/signals.ts";

type FetchPage = (cursor: string | undefined, signal: AbortSignal) => Promise<EventList>;

/** Yield all events of all pages. The next page is fetched while this one is read, and aborted if the reader stops. */
export async function* pages(
  fetchPage: FetchPage,
  signal?: AbortSignal,
): AsyncGenerator<Event, void, undefined> {
  const stop = anyOf(signal);
  try {
    let next: Promise<EventList> | undefined = fetchPage(undefined, stop.signal);
    while (next) {
      const { data, next_cursor }: EventList = await next;
      next = next_cursor ? fetchPage(next_cursor, stop.signal) : undefined;
      yield* data;
    }
  } finally {
    stop.abort();
  }
}

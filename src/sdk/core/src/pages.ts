import type { EventList, StoredEvent as Event } from "./api.gen.ts";
import { anyOf } from "./signals.ts";

type FetchPage = (cursor: string | undefined, signal: AbortSignal) => Promise<EventList>;

/** All events of all pages. The next page is fetched while this one is read; whoever stops early, stops it. */
export async function* pages(
  fetchPage: FetchPage,
  signal?: AbortSignal,
): AsyncGenerator<Event, void, undefined> {
  const stop = new AbortController();
  const either = anyOf(signal, stop.signal);
  const fetch = (cursor?: string): Promise<EventList> => {
    const page = fetchPage(cursor, either.signal);
    page.catch(() => {}); // told when it is the page's turn
    return page;
  };
  try {
    let next: Promise<EventList> | undefined = fetch();
    while (next) {
      const { data, next_cursor }: EventList = await next;
      next = next_cursor === null ? undefined : fetch(next_cursor);
      yield* data;
    }
  } finally {
    stop.abort();
    either.release();
  }
}

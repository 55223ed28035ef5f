import type { AnalyticsClient, AnalyticsError, Event, EventFilters } from "@acme/analytics-sdk";
import { Observable } from "./observable.ts";

export interface EventsState {
  readonly events: readonly Event[];
  readonly error: AnalyticsError | undefined;
  /** There is nothing to show yet, and the first page is on its way. */
  readonly isLoading: boolean;
  readonly isFetchingNextPage: boolean;
  readonly hasNextPage: boolean;
}

export const NO_EVENTS: EventsState = {
  events: [],
  error: undefined,
  isLoading: true,
  isFetchingNextPage: false,
  hasNextPage: false,
};

/** A list that was out of sight for longer starts again when it is seen. */
const FRESH_FOR_MS = 30_000;

/** The events that match, as far as they have been fetched. */
export class EventsStore extends Observable<EventsState> {
  readonly #client: AnalyticsClient;
  readonly #filters: EventFilters;
  #cursor: string | null | undefined;
  #fetchedAt = 0;
  #fetching: Promise<void> | undefined;
  #abort = new AbortController();

  constructor(client: AnalyticsClient, filters: EventFilters, forget: () => void) {
    super(NO_EVENTS, forget);
    this.#client = client;
    this.#filters = filters;
  }

  /** Fetches the next page, or what failed before. Never rejects: the state tells. */
  readonly fetchNextPage = (): Promise<void> => {
    if (this.#cursor === null) return Promise.resolve();
    if (this.#fetching) return this.#fetching;
    const fetching = this.#fetch(this.#cursor).finally(() => {
      if (this.#fetching === fetching) this.#fetching = undefined;
    });
    return (this.#fetching = fetching);
  };

  /** Starts again from the first page; what is shown stays until it is there. */
  readonly refetch = (): Promise<void> => {
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#cursor = undefined;
    this.#fetching = undefined;
    return this.fetchNextPage();
  };

  protected override onWatched(): void {
    if (Date.now() > this.#fetchedAt + FRESH_FOR_MS) void (this.#fetching ?? this.refetch());
  }

  async #fetch(cursor: string | undefined): Promise<void> {
    const { signal } = this.#abort;
    const { events } = this.getSnapshot();
    this.change({ error: undefined, isLoading: !events.length, isFetchingNextPage: cursor !== undefined });
    try {
      const { data, next_cursor } = await this.#client.listEvents(this.#filters, { cursor, signal });
      if (signal.aborted) return;
      this.#cursor = next_cursor;
      if (cursor === undefined) this.#fetchedAt = Date.now();
      this.change({
        events: cursor === undefined ? data : [...events, ...data],
        isLoading: false,
        isFetchingNextPage: false,
        hasNextPage: next_cursor !== null,
      });
    } catch (error) {
      if (signal.aborted) return;
      this.change({ error: error as AnalyticsError, isLoading: false, isFetchingNextPage: false });
    }
  }
}

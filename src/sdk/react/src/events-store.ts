import type { AnalyticsClient, AnalyticsError, Event, EventFilters } from "@acme/analytics-sdk";
import { merged } from "./merge.ts";
import { Observable } from "./observable.ts";

export interface EventsState {
  readonly events: readonly Event[];
  /** Those of them that a refresh has brought lately, for marking them. */
  readonly fresh: ReadonlySet<Event>;
  readonly error: AnalyticsError | undefined;
  /** There is nothing to show yet, and the first page is on its way. */
  readonly isLoading: boolean;
  readonly isFetchingNextPage: boolean;
  readonly hasNextPage: boolean;
}

export const NO_EVENTS: EventsState = {
  events: [],
  fresh: new Set(),
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
  #refreshing: Promise<void> | undefined;
  #abort = new AbortController();

  constructor(client: AnalyticsClient, filters: EventFilters, forget: () => void) {
    super(NO_EVENTS, forget);
    this.#client = client;
    this.#filters = filters;
  }

  /** Fetches the next page, or what failed before. Never rejects: the state tells. */
  readonly fetchNextPage = (): Promise<void> => {
    if (this.#fetching) return this.#fetching;
    if (this.#cursor === null) return this.getSnapshot().error ? this.refresh() : Promise.resolve();
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

  /** Puts what has come since in its place; what is shown stays. Never rejects: the state tells. */
  readonly refresh = (): Promise<void> => {
    if (this.#cursor === undefined) return this.fetchNextPage();
    this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  };

  protected override onWatched(): void {
    if (Date.now() > this.#fetchedAt + FRESH_FOR_MS) void (this.#fetching ?? this.refetch());
  }

  async #fetch(cursor: string | undefined): Promise<void> {
    const { signal } = this.#abort;
    this.change({
      error: undefined,
      isLoading: !this.getSnapshot().events.length,
      isFetchingNextPage: cursor !== undefined,
    });
    try {
      const { data, next_cursor } = await this.#client.listEvents(this.#filters, { cursor, signal });
      if (signal.aborted) return;
      this.#cursor = next_cursor;
      if (cursor === undefined) this.#fetchedAt = Date.now();
      const { events, fresh } = this.getSnapshot();
      this.change({
        events: cursor === undefined ? data : [...events, ...data],
        fresh: cursor === undefined ? NO_EVENTS.fresh : fresh,
        isLoading: false,
        isFetchingNextPage: false,
        hasNextPage: next_cursor !== null,
      });
    } catch (error) {
      if (signal.aborted) return;
      this.change({ error: error as AnalyticsError, isLoading: false, isFetchingNextPage: false });
    }
  }

  async #refresh(): Promise<void> {
    const { signal } = this.#abort;
    try {
      const page = await this.#client.listEvents(this.#filters, { signal });
      if (signal.aborted) return;
      this.#fetchedAt = Date.now();
      const { events, error } = this.getSnapshot();
      const arrived = merged(events, page, { order: this.#filters.order, isWhole: this.#cursor === null });
      if (!arrived) return void this.refetch();
      if (arrived.fresh.size) this.change(arrived);
      if (error) this.change({ error: undefined });
    } catch (error) {
      if (!signal.aborted) this.change({ error: error as AnalyticsError });
    }
  }
}

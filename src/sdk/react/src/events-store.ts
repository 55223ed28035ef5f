import type { AnalyticsClient, AnalyticsError, Event, EventFilters } from "@acme/analytics-sdk";
import { merged } from "./merge.ts";
import { isForbidden, Observable, READ_MS, stopwatch } from "./observable.ts";

export interface EventsState {
  readonly events: readonly Event[];
  /** The events that the last refresh added. */
  readonly fresh: ReadonlySet<Event>;
  readonly error: AnalyticsError | undefined;
  /** Whether the first page is being fetched and there is nothing to show yet. */
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

/** A list that was unmounted for longer than this is refreshed when it is mounted again. */
const FRESH_FOR_MS = 30_000;
/** The time limit of a refresh, so that an outage is noticed soon. */
const REFRESH_MS = 2_000;

/** The pages of matching events that have been fetched. */
export class EventsStore extends Observable<EventsState> {
  readonly #client: AnalyticsClient;
  readonly #filters: EventFilters;
  #cursor: string | null | undefined;
  #fetching: Promise<void> | undefined;
  #refreshing: Promise<void> | undefined;
  #ageMs = (): number => Infinity;

  constructor(client: AnalyticsClient, filters: EventFilters, forget: () => void) {
    super(NO_EVENTS, forget);
    this.#client = client;
    this.#filters = filters;
  }

  /** Fetch the next page, or retry the failed request. Never rejects; the state has the error. */
  readonly fetchNextPage = (): Promise<void> => {
    const isRetry = Boolean(this.getSnapshot().error);
    if (this.#cursor === null) return isRetry ? this.#startRefresh(true) : Promise.resolve();
    return this.#start(isRetry);
  };

  /** Fetch the first page again. The current events are shown until it has been fetched. */
  readonly refetch = (): Promise<void> => this.#restart(true);

  /** Insert new events in order. Never rejects; the state has the error. */
  readonly refresh = (): Promise<void> => this.#startRefresh(false);

  /** Insert new events in order, as `refreshMs` does, unless the credential isn't allowed to read them. */
  readonly poll = (): void => {
    if (!isForbidden(this.getSnapshot().error)) void this.refresh();
  };

  /** Retry immediately after an error, for example when the network is available again. */
  recover(): void {
    if (this.getSnapshot().error) void this.fetchNextPage();
  }

  override reset(): void {
    this.#ageMs = () => Infinity;
    this.#cursor = undefined;
    this.clear(NO_EVENTS);
  }

  protected override onWatched(): void {
    if (this.#ageMs() > FRESH_FOR_MS || this.getSnapshot().error) void this.refresh();
  }

  protected override cancel(): void {
    super.cancel();
    this.#fetching = undefined;
    this.#refreshing = undefined;
  }

  #start(immediate: boolean): Promise<void> {
    if (this.#fetching) return this.#fetching;
    const fetching = this.#fetch(this.#cursor ?? undefined, immediate).finally(() => {
      if (this.#fetching === fetching) this.#fetching = undefined;
    });
    return (this.#fetching = fetching);
  }

  #restart(immediate: boolean): Promise<void> {
    this.cancel();
    this.#cursor = undefined;
    return this.#start(immediate);
  }

  #startRefresh(immediate: boolean): Promise<void> {
    if (this.#cursor === undefined) return this.#start(immediate);
    if (this.#refreshing) return this.#refreshing;
    const refreshing = this.#refresh(immediate).finally(() => {
      if (this.#refreshing === refreshing) this.#refreshing = undefined;
    });
    return (this.#refreshing = refreshing);
  }

  async #fetch(cursor: string | undefined, immediate: boolean): Promise<void> {
    const { signal } = this.abort;
    this.change({ isLoading: !this.getSnapshot().events.length, isFetchingNextPage: cursor !== undefined });
    try {
      const options = { cursor, signal, immediate, timeoutMs: READ_MS };
      const { data, next_cursor } = await this.#client.listEvents(this.#filters, options);
      if (signal.aborted) return;
      this.#cursor = next_cursor;
      if (cursor === undefined) this.#ageMs = stopwatch();
      const { events, fresh } = this.getSnapshot();
      this.change({
        events: cursor === undefined ? data : [...events, ...data],
        fresh: cursor === undefined ? NO_EVENTS.fresh : fresh,
        error: undefined,
        isLoading: false,
        isFetchingNextPage: false,
        hasNextPage: next_cursor !== null,
      });
      this.succeeded();
    } catch (error) {
      if (signal.aborted) return;
      this.change({ error: error as AnalyticsError, isLoading: false, isFetchingNextPage: false });
      this.failed(error, () => void this.#start(false));
    }
  }

  async #refresh(immediate: boolean): Promise<void> {
    const { signal } = this.abort;
    try {
      const page = await this.#client.listEvents(this.#filters, { signal, immediate, timeoutMs: REFRESH_MS });
      if (signal.aborted) return;
      this.#ageMs = stopwatch();
      const { events, error } = this.getSnapshot();
      const arrived = merged(events, page, { order: this.#filters.order, isWhole: this.#cursor === null });
      this.succeeded();
      if (!arrived) return void this.#restart(false);
      if (arrived.fresh.size) this.change(arrived);
      if (error) this.change({ error: undefined });
    } catch (error) {
      if (signal.aborted) return;
      this.change({ error: error as AnalyticsError });
      this.failed(error, () => void this.#startRefresh(false));
    }
  }
}

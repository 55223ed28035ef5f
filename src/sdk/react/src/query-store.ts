import type { AnalyticsError, ReadOptions } from "@acme/analytics-sdk";
import { isForbidden, isTooExpensive, Observable, stopwatch } from "./observable.ts";

export interface QueryState<Data> {
  readonly data: Data | undefined;
  /** The error of the last fetch. `data` keeps the result of an earlier fetch. */
  readonly error: AnalyticsError | undefined;
  /** Whether the data are being fetched and there is nothing to show yet. */
  readonly isLoading: boolean;
  /** Whether the shown data are being refreshed, or the refresh failed. */
  readonly isStale: boolean;
}

/** Fetches data. It may return the data that are known already, if they haven't changed. */
export type Read<Data> = (options: ReadOptions, known: Data | undefined) => Promise<Data>;

/** Return the state before the first fetch, with the data that a server has rendered, if any. */
export function initialState<Data>(data: Data | undefined): QueryState<Data> {
  return { data, error: undefined, isLoading: !data, isStale: false };
}

/** Data for one set of parameters, fetched once for all components that use them. */
export class QueryStore<Data extends object> extends Observable<QueryState<Data>> {
  readonly #read: Read<Data>;
  #fetching: Promise<void> | undefined;
  #ageMs = (): number => Infinity;

  constructor(read: Read<Data>, initial: QueryState<Data>, forget: () => void) {
    super(initial, forget);
    if (initial.data) this.#ageMs = stopwatch();
    this.#read = read;
  }

  /** Fetch now, unless a fetch is in progress. Never rejects; the state has the error. */
  readonly refetch = (): Promise<void> => this.#start(true);

  /** Fetch if the data are older than `staleMs`. With `immediate`, skip the rest of a back-off. */
  revalidate(staleMs: number, immediate = false): void {
    const { error } = this.getSnapshot();
    if (isTooExpensive(error)) return;
    if (this.#ageMs() >= staleMs || error) void this.#start(immediate);
  }

  /** Fetch now, as `refreshMs` does, unless the credential isn't allowed to read the data. */
  readonly poll = (): void => {
    if (!isForbidden(this.getSnapshot().error)) this.revalidate(0);
  };

  override reset(): void {
    this.#ageMs = () => Infinity;
    this.clear(initialState<Data>(undefined));
  }

  protected override onWatched(): void {
    this.revalidate(Infinity);
  }

  protected override cancel(): void {
    super.cancel();
    this.#fetching = undefined;
  }

  #start(immediate: boolean): Promise<void> {
    if (this.#fetching) return this.#fetching;
    const fetching = this.#fetch(immediate).finally(() => {
      if (this.#fetching === fetching) this.#fetching = undefined;
    });
    return (this.#fetching = fetching);
  }

  async #fetch(immediate: boolean): Promise<void> {
    const { signal } = this.abort;
    const { data } = this.getSnapshot();
    this.change({ isLoading: !data, isStale: Boolean(data) });
    try {
      const fetched = await this.#read({ signal, immediate }, data);
      if (signal.aborted) return;
      this.#ageMs = stopwatch();
      this.change({ data: fetched, error: undefined, isLoading: false, isStale: false });
      this.succeeded();
    } catch (error) {
      if (signal.aborted) return;
      this.change({ error: error as AnalyticsError, isLoading: false });
      this.failed(error, () => void this.#start(false));
    }
  }
}

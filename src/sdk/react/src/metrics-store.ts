import type { AnalyticsClient, AnalyticsError, MetricsParams, MetricsSummary } from "@acme/analytics-sdk";
import { isForbidden, Observable, READ_MS, stopwatch } from "./observable.ts";

export interface MetricsState {
  readonly data: MetricsSummary | undefined;
  /** The error of the last fetch. `data` keeps the result of an earlier fetch. */
  readonly error: AnalyticsError | undefined;
  /** Whether the metrics are being fetched and there is nothing to show yet. */
  readonly isLoading: boolean;
  /** Whether the shown data are being refreshed, or the refresh failed. */
  readonly isStale: boolean;
}

/** Return the state before the first fetch, with the data that a server has rendered, if any. */
export function initialMetrics(data: MetricsSummary | undefined): MetricsState {
  return { data, error: undefined, isLoading: !data, isStale: false };
}

const NO_METRICS = initialMetrics(undefined);

/** Metrics for one set of parameters, fetched once for all components that use them. */
export class MetricsStore extends Observable<MetricsState> {
  readonly #client: AnalyticsClient;
  readonly #params: MetricsParams;
  #fetching: Promise<void> | undefined;
  #ageMs = (): number => Infinity;

  constructor(client: AnalyticsClient, params: MetricsParams, initial: MetricsState, forget: () => void) {
    super(initial, forget);
    if (initial.data) this.#ageMs = stopwatch();
    this.#client = client;
    this.#params = params;
  }

  /** Fetch now, unless a fetch is in progress. Never rejects; the state has the error. */
  readonly refetch = (): Promise<void> => this.#start(true);

  /** Fetch if the data are older than `staleMs`. With `immediate`, skip the rest of a back-off. */
  revalidate(staleMs: number, immediate = false): void {
    if (this.#ageMs() >= staleMs || this.getSnapshot().error) void this.#start(immediate);
  }

  /** Fetch now, as `refreshMs` does, unless the credential isn't allowed to read the metrics. */
  readonly poll = (): void => {
    if (!isForbidden(this.getSnapshot().error)) this.revalidate(0);
  };

  override reset(): void {
    this.#ageMs = () => Infinity;
    this.clear(NO_METRICS);
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
      const options = { signal, immediate, timeoutMs: READ_MS };
      const fetched = await this.#client.getMetricsSummary(this.#params, options);
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

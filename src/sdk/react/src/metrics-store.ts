import type { AnalyticsClient, AnalyticsError, MetricsParams, MetricsSummary } from "@acme/analytics-sdk";
import { Observable } from "./observable.ts";

export interface MetricsState {
  readonly data: MetricsSummary | undefined;
  /** Why the last fetch failed. Data of an earlier one stays. */
  readonly error: AnalyticsError | undefined;
  /** There is nothing to show yet, and it is on its way. */
  readonly isLoading: boolean;
  /** What is shown is being refreshed, or could not be. */
  readonly isStale: boolean;
}

/** What is shown before anything was fetched here: what a server has rendered, if it has. */
export function initialMetrics(data: MetricsSummary | undefined): MetricsState {
  return { data, error: undefined, isLoading: !data, isStale: false };
}

/** Metrics for one set of parameters, fetched once for all who watch. */
export class MetricsStore extends Observable<MetricsState> {
  readonly #client: AnalyticsClient;
  readonly #params: MetricsParams;
  #fetching: Promise<void> | undefined;
  #fetchedAt: number;

  constructor(client: AnalyticsClient, params: MetricsParams, initial: MetricsState, forget: () => void) {
    super(initial, forget);
    this.#fetchedAt = initial.data ? Date.now() : 0;
    this.#client = client;
    this.#params = params;
  }

  /** Fetches now, unless that is under way. Never rejects: the state tells. */
  readonly refetch = (): Promise<void> => {
    this.#fetching ??= this.#fetch().finally(() => (this.#fetching = undefined));
    return this.#fetching;
  };

  /** Fetches if what there is has been there for `staleMs`. */
  revalidate(staleMs: number): void {
    if (Date.now() >= this.#fetchedAt + staleMs) void this.refetch();
  }

  protected override onWatched(): void {}

  async #fetch(): Promise<void> {
    const { data } = this.getSnapshot();
    this.change({ isLoading: !data, isStale: Boolean(data) });
    try {
      const fetched = await this.#client.getMetricsSummary(this.#params);
      this.#fetchedAt = Date.now();
      this.change({ data: fetched, error: undefined, isLoading: false, isStale: false });
    } catch (error) {
      this.change({ error: error as AnalyticsError, isLoading: false });
    }
  }
}

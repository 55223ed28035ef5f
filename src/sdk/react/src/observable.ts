import { type AnalyticsError, type ApiError, isRetryable } from "@acme/analytics-sdk";

type Listener = () => void;

/** How long a state without subscribers is kept. */
const KEPT_FOR_MS = 5 * 60_000;
const RETRY_MS = 1_000;
const RETRY_MS_MAX = 30_000;
/** The time limit of a read, retries included, before its error is shown. */
export const READ_MS = 4_000;

/**
 * Fetched state that components subscribe to through `useSyncExternalStore`. It is fetched again after a temporary
 * failure, and forgotten when it had no subscribers for five minutes.
 */
export abstract class Observable<State extends object> {
  protected abort: AbortController = new AbortController();
  readonly #listeners = new Set<Listener>();
  readonly #forget: () => void;
  #state: State;
  #forgetting: ReturnType<typeof setTimeout> | undefined;
  #retrying: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;

  constructor(state: State, forget: () => void) {
    this.#state = state;
    this.#forget = forget;
  }

  readonly getSnapshot = (): State => this.#state;

  readonly subscribe = (listener: Listener): (() => void) => {
    clearTimeout(this.#forgetting);
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.onWatched();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size) return;
      clearTimeout(this.#retrying);
      this.#forgetting = setTimeout(this.#forget, KEPT_FOR_MS);
    };
  };

  /** Drop all data, as when another user has signed in, and fetch again for subscribers. */
  abstract reset(): void;

  protected clear(empty: State): void {
    this.cancel();
    this.change(empty);
    if (this.#listeners.size) this.onWatched();
  }

  /** Called when the first component subscribes, and when the data were dropped while components are subscribed. */
  protected abstract onWatched(): void;

  protected change(changes: Partial<State>): void {
    this.#state = { ...this.#state, ...changes };
    for (const listener of this.#listeners) listener();
  }

  /** Abort the requests in flight; their responses are ignored. */
  protected cancel(): void {
    this.abort.abort();
    this.abort = new AbortController();
  }

  protected succeeded(): void {
    this.#failures = 0;
    clearTimeout(this.#retrying);
  }

  /** Schedule a retry, after increasing waits, if the request may succeed later and there are subscribers. */
  protected failed(error: unknown, retry: () => void): void {
    clearTimeout(this.#retrying);
    if (!isRetryable(error) || !this.#listeners.size) return;
    const backoffMs = Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** this.#failures++);
    const { retryAfterMs = 0 } = error as AnalyticsError as ApiError;
    this.#retrying = setTimeout(
      () => document.visibilityState === "visible" && retry(),
      Math.max(backoffMs, retryAfterMs),
    );
  }
}

/** Return whether the API denied access. Polling stops then, because the next request would very likely fail too. */
export function isForbidden(error: AnalyticsError | undefined): boolean {
  return (error as ApiError | undefined)?.status === 403;
}

/** Return whether the API gave up on a query after seconds of work. It is repeated only if the user asks for it. */
export function isTooExpensive(error: AnalyticsError | undefined): boolean {
  return error?.code === "query_too_expensive";
}

/**
 * Return a function that returns the milliseconds since this call. It reads two clocks, because one stops while the
 * device sleeps and the other may be set back.
 */
export function stopwatch(): () => number {
  const [wall, awake] = [Date.now(), performance.now()];
  return () => Math.max(Date.now() - wall, performance.now() - awake);
}

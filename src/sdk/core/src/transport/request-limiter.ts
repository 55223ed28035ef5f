import { statusOf } from "../errors.ts";
import { setUnrefTimeout, type Timer } from "../util/timers.ts";

export interface LimiterOptions {
  readonly maxInFlight: number;
  /** The number of parallel requests until the first success. Default: 1, so that a rejected key costs few requests. */
  readonly firstInFlight?: number;
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
  /** Without it, an outage is logged to the console. */
  readonly onError?: unknown;
}

const enum Policy {
  /** After a 429, the number of parallel requests grows by one per sixteen successful requests up to its maximum. */
  SlowGrowth = 1 / 16,
}

/**
 * A queue for all requests of a client. A few requests run in parallel, but only one while the server fails, and none
 * during a back-off or before `Retry-After` has passed.
 */
export class RequestLimiter {
  readonly #options: LimiterOptions;
  readonly #waiting = new Set<() => void>();
  #running = 0;
  #limit: number;
  #opensAt = 0;
  #timer: Timer | undefined;
  /** How many requests in a row have failed. Parallel requests count as one. */
  failures = 0;
  /** The error of the last request, if it failed and may be repeated. */
  declare error: unknown;
  /** How many more requests may run in parallel after each successful one. */
  #growth = Infinity;
  #period = 0;

  constructor(options: LimiterOptions) {
    this.#options = options;
    this.#limit = options.firstInFlight ?? 1;
  }

  /**
   * Wait until the request may start, and return the period to pass to `leave`. The caller of a failed request has
   * handled the failure by then. After a 413, for example, the next request is smaller.
   */
  async enter(): Promise<number> {
    await new Promise<void>((resolve) => {
      this.#waiting.add(resolve);
      this.#pump();
    });
    return this.#period;
  }

  /**
   * Record the end of a request, and start the next requests. `error` is the failure of a request that may be
   * repeated, if any. After a failure, all requests wait for `waitMs`, by default for the usual back-off.
   */
  leave(period: number, isAborted: boolean, error?: unknown, waitMs?: number): void {
    const { maxInFlight, backoffBaseMs, backoffMaxMs, onError } = this.#options;
    this.#running--;
    if ((this.error = error)) {
      let spreadMs = backoffBaseMs;
      if (period === this.#period) {
        // parallel requests that fail together count as one failure
        this.#period++;
        if (this.failures++ === 1 && !onError) console.warn("Acme:", error); // once per outage
        this.#limit = 1;
        waitMs ??= spreadMs = Math.min(backoffMaxMs, backoffBaseMs * 2 ** this.failures) / 2;
      }
      if (waitMs)
        this.#opensAt = Math.max(this.#opensAt, performance.now() + waitMs + Math.random() * spreadMs);
      if (statusOf(error) === 429) this.#growth = Policy.SlowGrowth;
    } else if (!isAborted) {
      this.failures = 0;
      this.#limit = Math.min(maxInFlight, this.#limit + this.#growth);
      if (this.#limit === maxInFlight) this.#growth = Infinity;
    }
    this.#pump();
  }

  /** Start waiting requests immediately and skip the rest of a back-off. */
  resume(): void {
    this.#opensAt = 0;
    this.#pump();
  }

  #pump(): void {
    clearTimeout(this.#timer);
    const waitMs = this.#opensAt - performance.now();
    for (const start of this.#waiting) {
      if (waitMs > 0) {
        this.#timer = setUnrefTimeout(() => this.#pump(), waitMs);
        return;
      }
      if (this.#running + 1 > this.#limit) return;
      this.#waiting.delete(start);
      this.#running++;
      start();
    }
  }
}

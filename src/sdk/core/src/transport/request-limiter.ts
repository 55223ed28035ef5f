import { setUnrefTimeout, type Timer } from "../util/timers.ts";

/** The outcome of a request: success, abort, failure or rate limit. */
export type Outcome =
  | { readonly kind: "ok" }
  | { readonly kind: "aborted" }
  /** `waitMs` is how long all requests wait. If it is undefined, they wait for the usual back-off. */
  | { readonly kind: "failed" | "throttled"; readonly waitMs: number | undefined };

export interface LimiterOptions {
  readonly maxInFlight: number;
  /** The number of parallel requests until the first success. Default: 1, so that a rejected key costs few requests. */
  readonly firstInFlight?: number;
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
}

const enum Policy {
  RetryAfterJitterMs = 250,
  /** After a rate limit, the number of parallel requests grows by one per sixteen successful requests. */
  Growth = 1 / 16,
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
  #isThrottled = false;
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

  /** Record the outcome of a request, and start the next requests. */
  leave(outcome: Outcome, period: number): void {
    this.#running--;
    if (outcome.kind === "ok") this.#widen();
    else if (outcome.kind !== "aborted") {
      if (period === this.#period) this.#backOff(outcome.waitMs);
      else this.#holdFor(outcome.waitMs ?? 0);
      this.#isThrottled ||= outcome.kind === "throttled";
    }
    this.#pump();
  }

  /** Start waiting requests immediately and skip the rest of a back-off. */
  resume(): void {
    this.#opensAt = 0;
    this.#pump();
  }

  #widen(): void {
    const { maxInFlight } = this.#options;
    this.failures = 0;
    this.#limit = this.#isThrottled ? this.#limit + Policy.Growth : maxInFlight;
    this.#isThrottled &&= this.#limit < maxInFlight;
  }

  /** Parallel requests that fail together count as one failure. */
  #backOff(waitMs: number | undefined): void {
    this.#period++;
    this.failures++;
    this.#limit = 1;
    const { backoffBaseMs, backoffMaxMs } = this.#options;
    const spread =
      waitMs === undefined
        ? Math.min(backoffMaxMs, backoffBaseMs * 2 ** this.failures)
        : Policy.RetryAfterJitterMs;
    this.#holdFor((waitMs ?? 0) + Math.random() * spread);
  }

  #holdFor(ms: number): void {
    this.#opensAt = Math.max(this.#opensAt, performance.now() + ms);
  }

  #pump(): void {
    clearTimeout(this.#timer);
    const waitMs = this.#opensAt - performance.now();
    if (waitMs > 0 && this.#waiting.size) {
      this.#timer = setUnrefTimeout(() => this.#pump(), waitMs);
      return;
    }
    for (const start of this.#waiting) {
      if (this.#running + 1 > this.#limit) return;
      this.#waiting.delete(start);
      this.#running++;
      start();
    }
  }
}

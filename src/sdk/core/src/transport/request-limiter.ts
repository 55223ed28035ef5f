import { setUnrefTimeout, type Timer } from "../util/timers.ts";

/** The outcome of a request: success, abort, failure or rate limit. */
export type Outcome =
  | { readonly kind: "ok" }
  | { readonly kind: "aborted" }
  /** `waitMs` is how long all requests wait; undefined: the usual back-off. */
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
  /** After a rate limit, one more parallel request for every sixteen responses. */
  Growth = 1 / 16,
}

/**
 * A queue for all requests of a client, in order: a few run in parallel, only one while the server fails, and none
 * before the end of a back-off or `Retry-After`.
 */
export class RequestLimiter {
  readonly #options: LimiterOptions;
  readonly #waiting = new Set<() => void>();
  #running = 0;
  #limit: number;
  #opensAt = 0;
  #timer: Timer | undefined;
  /** How many requests in a row have failed; parallel ones count as one. */
  failures = 0;
  #isThrottled = false;
  #period = 0;

  constructor(options: LimiterOptions) {
    this.#options = options;
    this.#limit = options.firstInFlight ?? 1;
  }

  /**
   * Wait for the request's turn, and return the period to be given to `leave`. The owner of the request before it
   * has handled its failure by then, so that a size that the API rejected is not sent again.
   */
  async enter(): Promise<number> {
    await new Promise<void>((resolve) => {
      this.#waiting.add(resolve);
      this.#pump();
    });
    return this.#period;
  }

  /** End the request, and start the next ones. */
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

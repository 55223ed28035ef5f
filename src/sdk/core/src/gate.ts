import { later, type Timer } from "./timers.ts";

/** What a failure means for the other requests. */
export interface Outcome {
  /** How long all have to wait; undefined: the usual back-off. */
  readonly waitMs: number | undefined;
  /** There were too many requests. */
  readonly isThrottled: boolean;
}

export interface GateOptions {
  readonly maxInFlight: number;
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
}

const RETRY_AFTER_JITTER_MS = 250;
/** After a rate limit, one more request at a time for every sixteen that were answered. */
const GROWTH = 1 / 16;

/**
 * What all requests of a client pass, first come, first served: a few at a time, one while the server is
 * failing, and none before the server asked us to return.
 */
export class Gate {
  readonly #options: GateOptions;
  readonly #waiting = new Set<() => void>();
  #running = 0;
  #limit: number;
  #opensAt = 0;
  #timer: Timer | undefined;
  /** How many requests in a row have failed; those that ran side by side count as one. */
  failures = 0;
  #isLimited = false;
  #period = 0;

  constructor(options: GateOptions) {
    this.#options = options;
    this.#limit = options.maxInFlight;
  }

  /**
   * Resolves when it is the request's turn, with the period to be given to `leave`; after the owner of the
   * request before it has seen its failure, so that a size that was refused is not sent again.
   */
  async enter(): Promise<number> {
    await new Promise<void>((resolve) => {
      this.#waiting.add(resolve);
      this.#pump();
    });
    return this.#period;
  }

  /** The request is over. Outcome: null says nothing about the server, undefined that the server is well. */
  leave(outcome: Outcome | null | undefined, period: number): void {
    this.#running--;
    if (outcome === undefined) this.#widen();
    else if (outcome && period === this.#period) this.#close(outcome);
    else this.#holdFor(outcome?.waitMs ?? 0);
    this.#pump();
  }

  /** Lets requests through at once, whatever was waited for. */
  resume(): void {
    this.#opensAt = 0;
    this.#pump();
  }

  #widen(): void {
    const { maxInFlight } = this.#options;
    this.failures = 0;
    this.#limit = this.#isLimited ? this.#limit + GROWTH : maxInFlight;
    this.#isLimited &&= this.#limit < maxInFlight;
  }

  /** Requests that ran side by side and failed together count as one failure. */
  #close({ waitMs, isThrottled }: Outcome): void {
    this.#period++;
    this.failures++;
    this.#limit = 1;
    this.#isLimited ||= isThrottled;
    const { backoffBaseMs, backoffMaxMs } = this.#options;
    const spread =
      waitMs === undefined
        ? Math.min(backoffMaxMs, backoffBaseMs * 2 ** this.failures)
        : RETRY_AFTER_JITTER_MS;
    this.#holdFor((waitMs ?? 0) + Math.random() * spread);
  }

  #holdFor(ms: number): void {
    this.#opensAt = Math.max(this.#opensAt, performance.now() + ms);
  }

  #pump(): void {
    clearTimeout(this.#timer);
    const waitMs = this.#opensAt - performance.now();
    if (waitMs > 0 && this.#waiting.size) {
      this.#timer = later(() => this.#pump(), waitMs);
      return;
    }
    for (const go of this.#waiting) {
      if (this.#running + 1 > this.#limit) return;
      this.#waiting.delete(go);
      this.#running++;
      go();
    }
  }
}

import { later, type Timer } from "./timers.ts";

/** What a failure means for the other requests. */
export interface Outcome {
  /** How long all have to wait; undefined: the usual back-off. */
  readonly waitMs: number | undefined;
  /** There were too many requests. */
  readonly isThrottled?: boolean;
}

export interface GateOptions {
  readonly maxInFlight: number;
  readonly backoffBaseMs: number;
  readonly backoffMaxMs: number;
}

const RETRY_AFTER_JITTER_MS = 250;
/** After a rate limit, one more request at a time for every so many that were answered. */
const ANSWERS_TO_GROW = 20;

/**
 * What all requests of a client pass, first come, first served: a few at a time, one while the server is
 * failing, and none before the server asked us to return.
 */
export class Gate {
  readonly #options: GateOptions;
  readonly #waiting = new Map<() => void, (reason: unknown) => void>();
  #running = 0;
  #limit: number;
  #opensAt = 0;
  #paused = false;
  #timer: Timer | undefined;
  #failures = 0;
  #answers = 0;
  #isLimited = false;
  #period = 0;

  constructor(options: GateOptions) {
    this.#options = options;
    this.#limit = options.maxInFlight;
  }

  /**
   * Runs `work` when it is its turn. `outcomeOf` tells what an error means for the others: null when it
   * says nothing of the server, undefined when the server is well.
   */
  async run<T>(
    work: () => Promise<T>,
    outcomeOf: (error: unknown) => Outcome | null | undefined,
  ): Promise<T> {
    await this.#enter();
    const period = this.#period;
    let outcome: Outcome | null | undefined;
    try {
      return await work();
    } catch (error) {
      outcome = outcomeOf(error);
      throw error;
    } finally {
      this.#leave(outcome, period);
    }
  }

  /** Holds all requests back, as while offline, until `resume`. */
  pause(): void {
    this.#paused = true;
  }

  /** Lets requests through at once, whatever was waited for. */
  resume(): void {
    this.#paused = false;
    this.#opensAt = 0;
    this.#pump();
  }

  /** Refuses whatever waits. */
  stop(reason: unknown): void {
    for (const refuse of this.#waiting.values()) refuse(reason);
  }

  #enter(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(resolve, reject);
      this.#pump();
    });
  }

  #leave(outcome: Outcome | null | undefined, period: number): void {
    this.#running--;
    if (outcome === undefined) this.#widen();
    else if (outcome && period === this.#period) this.#close(outcome);
    else if (outcome?.waitMs) this.#opensAt = Math.max(this.#opensAt, Date.now() + outcome.waitMs);
    this.#pump();
  }

  #widen(): void {
    this.#failures = 0;
    if (!this.#isLimited) {
      this.#limit = this.#options.maxInFlight;
    } else if (++this.#answers >= ANSWERS_TO_GROW) {
      this.#answers = 0;
      this.#isLimited = ++this.#limit < this.#options.maxInFlight;
    }
  }

  /** Requests that ran side by side and failed together count as one failure. */
  #close({ waitMs, isThrottled = false }: Outcome): void {
    this.#period++;
    this.#failures++;
    this.#limit = 1;
    this.#answers = 0;
    this.#isLimited ||= isThrottled;
    const { backoffBaseMs, backoffMaxMs } = this.#options;
    const spread =
      waitMs === undefined
        ? Math.min(backoffMaxMs, backoffBaseMs * 2 ** this.#failures)
        : RETRY_AFTER_JITTER_MS;
    this.#opensAt = Math.max(this.#opensAt, Date.now() + (waitMs ?? 0) + Math.random() * spread);
  }

  #pump(): void {
    if (this.#paused) return;
    clearTimeout(this.#timer);
    const waitMs = this.#opensAt - Date.now();
    if (waitMs > 0 && this.#waiting.size) {
      this.#timer = later(() => this.#pump(), waitMs);
      return;
    }
    for (const go of this.#waiting.keys()) {
      if (this.#running >= this.#limit) return;
      this.#waiting.delete(go);
      this.#running++;
      go();
    }
  }
}

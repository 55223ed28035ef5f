/** Limits how often something happens: a burst, and a rate at which the burst is available again. */
export class OpeningBudget {
  readonly #burst: number;
  readonly #perSecond: number;
  #left: number;
  #at: number;

  constructor(burst: number, perSecond: number, now: number) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#left = burst;
    this.#at = now;
  }

  /** Return whether it may happen at this time in milliseconds, and count it if so. */
  take(now: number): boolean {
    const seconds = Math.max(0, now - this.#at) / 1_000;
    this.#left = Math.min(this.#burst, this.#left + seconds * this.#perSecond);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}

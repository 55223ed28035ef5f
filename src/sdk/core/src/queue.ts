import type { Entry } from "./entry.ts";
import { QueueFullError } from "./errors.ts";
import type { Settings, WhenFull } from "./options.ts";
import { later, type Timer } from "./timers.ts";

/**
 * Events from the call until they are settled: at most so many are admitted, collected into batches;
 * the others wait outside, in order.
 */
export class Queue {
  readonly #settings: Settings;
  readonly #send: (batch: readonly Entry[]) => Promise<void>;
  readonly #admitted = new Set<Entry>();
  readonly #outside = new Set<Entry>();
  #bytes = 0;
  #open: Entry[] = [];
  #openBytes = 0;
  #timer: Timer | undefined;
  #flushes = 0;

  constructor(settings: Settings, send: (batch: readonly Entry[]) => Promise<void>) {
    this.#settings = settings;
    this.#send = send;
  }

  get size(): number {
    return this.#admitted.size + this.#outside.size;
  }

  /** Whether events wait outside. */
  get isFull(): boolean {
    return this.#outside.size > 0;
  }

  /** Everything not settled, in the order of the calls. */
  unsettled(): Entry[] {
    return [...this.#admitted, ...this.#outside];
  }

  /** Throws QueueFullError if there is no room and the caller chose not to wait. */
  add(entry: Entry, whenFull: WhenFull): void {
    if (!this.#outside.size && this.#hasRoom(entry)) return this.#admit(entry);
    if (whenFull === "drop")
      throw new QueueFullError("queue_full", "The queue is full: the event is dropped.");
    this.#outside.add(entry);
  }

  /** The entry is settled: its room is free. */
  release(entry: Entry): void {
    this.#outside.delete(entry);
    if (this.#admitted.delete(entry)) this.#bytes -= entry.bytes;
    for (const next of this.#outside) {
      if (!this.#hasRoom(next)) return;
      this.#outside.delete(next);
      this.#admit(next);
    }
  }

  /** Resolves when everything added before the call is settled, one way or the other. */
  async flush(): Promise<void> {
    this.#flushes++;
    this.seal();
    const promises = this.unsettled().map(({ promise }) => promise); // without the events, which can go
    for (const promise of promises) await promise.catch(() => {});
    this.#flushes--;
  }

  #hasRoom(entry: Entry): boolean {
    const { maxQueueEvents, maxQueueBytes } = this.#settings;
    const { size } = this.#admitted;
    return size === 0 || (size < maxQueueEvents && this.#bytes + entry.bytes <= maxQueueBytes);
  }

  #admit(entry: Entry): void {
    const { maxBatchBytes, maxBatchEvents, maxDelayMs } = this.#settings;
    this.#admitted.add(entry);
    this.#bytes += entry.bytes;
    if (this.#openBytes + entry.bytes > maxBatchBytes) this.seal();
    this.#open.push(entry);
    this.#openBytes += entry.bytes;
    if (this.#open.length >= maxBatchEvents) this.seal();
    else this.#timer ??= later(() => this.seal(), this.#flushes ? 0 : maxDelayMs);
  }

  /** What has come together is a batch now, whatever its size. */
  seal(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#open;
    this.#open = [];
    this.#openBytes = 0;
    if (batch.length) void this.#send(batch);
  }
}

import type { Entry } from "./entry.ts";
import { QueueFullError } from "./errors.ts";
import type { Settings, WhenFull } from "./options.ts";
import { later, type Timer } from "./timers.ts";

/** Nobody awaits calls of which so many times the queue's size wait: they would fill the memory. */
const WAITING_MAX = 12;

/** Events from the call until they are settled, collected into batches. */
export class Queue {
  readonly #settings: Settings;
  readonly #send: (batch: readonly Entry[]) => Promise<void>;
  /** Everything not settled, in the order of the calls. */
  readonly unsettled: Set<Entry> = new Set();
  /** How many bytes of events a request may hold: less than was set once the API has refused so many. */
  requestBytesMax: number;
  #bytes = 0;
  #open: Entry[] = [];
  #timer: Timer | undefined;
  #flushes = 0;

  constructor(settings: Settings, send: (batch: readonly Entry[]) => Promise<void>) {
    this.#settings = settings;
    this.requestBytesMax = settings.maxBatchBytes;
    this.#send = send;
  }

  /** Whether the queue, or so many times it, has no room for so many bytes. */
  isFull(bytes = 0, times = 1): boolean {
    const { maxQueueBytes, maxQueueEvents } = this.#settings;
    const { size } = this.unsettled;
    return size > 0 && (size >= times * maxQueueEvents || this.#bytes + bytes > times * maxQueueBytes);
  }

  /** Throws QueueFullError if there is no room and the caller chose not to wait, or too many wait. */
  add(entry: Entry, whenFull: WhenFull): void {
    const { maxBatchEvents, maxDelayMs } = this.#settings;
    if (this.isFull(entry.bytes, whenFull === "drop" ? 1 : WAITING_MAX))
      throw new QueueFullError("queue_full", "The queue is full.");
    this.unsettled.add(entry);
    this.#bytes += entry.bytes;
    if (this.#open.push(entry) >= maxBatchEvents) this.seal();
    else this.#timer ??= later(() => this.seal(), this.#flushes ? 0 : maxDelayMs);
  }

  /** Removes a settled event; false if it was settled before. */
  release(entry: Entry): boolean {
    const isFirst = this.unsettled.delete(entry);
    if (isFirst) this.#bytes -= entry.bytes;
    return isFirst;
  }

  /** Resolves when everything added before the call is settled, one way or the other. */
  async flush(): Promise<void> {
    this.#flushes++;
    this.seal();
    const promises = [...this.unsettled].map(({ promise }) => promise); // without the events, which can go
    for (const promise of promises) await promise.catch(() => {});
    this.#flushes--;
  }

  /** What has come together is a batch now, whatever its size. */
  seal(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#open;
    this.#open = [];
    if (batch.length) void this.#send(batch);
  }
}

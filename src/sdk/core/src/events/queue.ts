import { QueueFullError } from "../errors.ts";
import type { Settings, WhenFull } from "../options.ts";
import { setUnrefTimeout, type Timer } from "../util/timers.ts";
import type { Entry } from "./entry.ts";

const enum Policy {
  /** Calls that nobody awaits are rejected beyond this multiple of the queue's size, as they would fill the memory. */
  WaitingMax = 12,
}

/** A queue that keeps events until they are settled, and collects them into batches. */
export abstract class Queue {
  readonly #settings: Settings;
  /** All events that are not settled, in the order of the calls. */
  readonly unsettled: Set<Entry> = new Set();
  /** The maximum size of a request; smaller than the setting once the API has rejected a request for its size. */
  declare bytesMax: number;
  #bytes = 0;
  readonly #open: Entry[] = [];
  #timer: Timer | undefined;
  #flushes = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.bytesMax = settings.maxBatchBytes;
  }

  /** Send the batch and settle its events. Never rejects. */
  abstract deliver(batch: readonly Entry[]): Promise<void>;

  /** Return whether the queue has no room for `added` more bytes, if its limits are multiplied by `times`. */
  isFull(added = 0, times = 1): boolean {
    const { maxQueueBytes, maxQueueEvents } = this.#settings;
    const count = this.unsettled.size;
    return count > 0 && (count >= times * maxQueueEvents || this.#bytes + added > times * maxQueueBytes);
  }

  /** Throw QueueFullError if the queue is full and the caller chose not to wait, or if too many events are waiting. */
  add(entry: Entry, whenFull: WhenFull): void {
    const { maxBatchEvents, maxDelayMs } = this.#settings;
    if (this.isFull(entry.bytes, whenFull === "drop" ? 1 : Policy.WaitingMax))
      throw new QueueFullError("queue_full", "The queue is full.");
    this.unsettled.add(entry);
    this.#bytes += entry.bytes;
    if (this.#open.push(entry) >= maxBatchEvents) this.seal();
    else this.#timer ??= setUnrefTimeout(() => this.seal(), this.#flushes ? 0 : maxDelayMs);
  }

  /** Remove a settled event. Return false if it was settled before. */
  release(entry: Entry): boolean {
    const isFirst = this.unsettled.delete(entry);
    if (isFirst) this.#bytes -= entry.bytes;
    return isFirst;
  }

  /** Resolve when every event that was added before the call is settled. */
  async flush(): Promise<void> {
    this.#flushes++;
    this.seal();
    // without the events, so that their memory can be freed
    for (const promise of [...this.unsettled].map((entry) => entry.promise)) await promise.catch(() => {});
    this.#flushes--;
  }

  /** Send the collected events as a batch, whatever its size. */
  seal(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#open.splice(0);
    if (batch.length) void this.deliver(batch);
  }
}

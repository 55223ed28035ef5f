import { AnalyticsError } from "./errors.ts";
import { uuidv7 } from "./ids.ts";
import { optional } from "./timers.ts";
import type { EventPayload } from "./types.ts";

/** The API refuses larger events. */
const EVENT_BYTES_MAX = 32 * 1024;

/** One tracked event on its way, as it is sent, and the promise that its caller holds. */
export class Entry {
  readonly bytes: number;
  readonly promise: Promise<void>;
  #resolve!: (outcome: void | Promise<never>) => void;

  /** Throws AnalyticsError when the event is too large. */
  constructor(readonly json: string) {
    this.bytes = bytesOf(json);
    this.promise = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  settle(error?: unknown): void {
    if (error === undefined) return this.#resolve();
    void optional(this.promise); // a caller who does not wait hears through onError
    this.#resolve(Promise.reject(error));
  }
}

/** The event with its identity and its time, as they are now. Throws AnalyticsError when it can't be sent. */
export function entryOf(event: EventPayload): Entry {
  const now = Date.now();
  const { event_id, timestamp } = event;
  const identity = { event_id: event_id ?? uuidv7(now), timestamp: timestamp ?? new Date(now).toISOString() };
  return new Entry(stringify({ ...event, ...identity }));
}

/** The event as the caller gave it, with its identity. */
export function payloadOf({ json }: Pick<Entry, "json">): EventPayload & { readonly event_id: string } {
  return JSON.parse(json) as EventPayload & { readonly event_id: string };
}

function stringify(value: object): string {
  try {
    // drops half of a surrogate pair, as `slice` can leave it: only that is written as `\ud…`
    return JSON.stringify(value).replace(/(\\\\)|\\ud.../g, "$1");
  } catch (cause) {
    throw new AnalyticsError("not_json", "The event isn't JSON.", { cause });
  }
}

/** Count the bytes of UTF-8, each of which `encodeURI` writes as a character or as `%` and two digits. */
function bytesOf(json: string): number {
  const bytes = /[^\0-\x7f]/.test(json) ? encodeURI(json).replace(/%../g, ".").length : json.length;
  if (bytes > EVENT_BYTES_MAX) throw new AnalyticsError("event_too_large", "The event exceeds 32 KiB.");
  return bytes;
}

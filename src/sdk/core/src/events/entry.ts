import { AnalyticsError } from "../errors.ts";
import type { EventPayload } from "../types.ts";
import { uuidv7 } from "../util/ids.ts";
import { optional } from "../util/timers.ts";

/** A tracked event as the JSON that is sent, with the promise that its caller gets. */
export class Entry {
  #json: string;
  #trackedAt: number;
  /** The size of the JSON without a generated id and timestamp. */
  declare readonly bytes: number;
  declare readonly promise: Promise<void>;
  #resolve!: (outcome?: Promise<never>) => void;

  /**
   * `trackedAt` is the time of the call; without it, the JSON is complete. Throw AnalyticsError when the event is too
   * large.
   */
  constructor(json: string, trackedAt = 0) {
    this.#json = json;
    this.#trackedAt = trackedAt;
    this.bytes = bytesOf(json);
    if (this.bytes > 32_768) throw new AnalyticsError("event_too_large", "The event exceeds 32 KiB.");
    this.promise = new Promise((resolve) => (this.#resolve = resolve));
  }

  /** The event with its id and timestamp, generated on first use: this halves the time that a loop of calls takes. */
  get json(): string {
    const now = this.#trackedAt;
    if (now) {
      const event = Object(JSON.parse(this.#json)) as Record<string, unknown>;
      event["event_id"] ??= uuidv7(now);
      event["timestamp"] ??= new Date(now).toISOString();
      // Remove halves of surrogate pairs, which `slice` can leave. JSON.stringify writes only these as `\ud…`.
      this.#json = JSON.stringify(event).replace(/(\\\\)|\\ud.../g, "$1");
      this.#trackedAt = 0;
    }
    return this.#json;
  }

  settle(error?: AnalyticsError): void {
    if (error) void optional(this.promise); // onError reports it to callers who don't await
    this.#resolve(error && Promise.reject(error));
  }
}

/** Create an entry from the event as it is now. Throw AnalyticsError if it can't be sent. */
export function entryOf(event: EventPayload): Entry {
  let json: string | undefined;
  try {
    json = JSON.stringify(event);
  } catch (cause) {
    throw new AnalyticsError("not_json", "The event isn't JSON.", { cause });
  }
  return new Entry(json, Date.now());
}

/** Return the caller's event, with its id and timestamp. */
export function payloadOf({ json }: Pick<Entry, "json">): EventPayload & { readonly event_id: string } {
  return JSON.parse(json) as EventPayload & { readonly event_id: string };
}

/** Return the length in UTF-8 bytes. `encodeURI` writes each byte as one character or as `%` and two digits. */
function bytesOf(json: string): number {
  return /[^\0-\x7f]/.test(json) ? encodeURI(json).replace(/%../g, ".").length : json.length;
}

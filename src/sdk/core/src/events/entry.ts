import { AnalyticsError } from "../errors.ts";
import type { EventPayload } from "../types.ts";
import { uuidv7 } from "../util/ids.ts";
import { optional } from "../util/timers.ts";

/** A tracked event as the JSON that is sent, with the promise that its caller gets. */
export class Entry {
  declare readonly json: string;
  declare readonly bytes: number;
  declare readonly promise: Promise<void>;
  #resolve!: (outcome?: Promise<never>) => void;

  /** Throw AnalyticsError when the event is too large. */
  constructor(json: string) {
    this.json = json;
    // encodeURI writes each byte of UTF-8 as one character or as `%` and two digits
    this.bytes = /[^\0-\x7f]/.test(json) ? encodeURI(json).replace(/%../g, ".").length : json.length;
    if (this.bytes > 32_768) throw new AnalyticsError("event_too_large", "The event exceeds 32 KiB.");
    this.promise = new Promise((resolve) => (this.#resolve = resolve));
  }

  settle(error?: AnalyticsError): void {
    if (error) void optional(this.promise); // onError reports it to callers who don't await
    this.#resolve(error && Promise.reject(error));
  }
}

/** Returns the time of an event that is tracked now, as JSON members after a comma. */
export type TimeAt = (nowMs: number) => string;

/** Create an entry from the event as it is now, with an id and a timestamp. Throw AnalyticsError if it can't be sent. */
export function entryOf(event: EventPayload, timeAt: TimeAt = deviceTime): Entry {
  const now = Date.now();
  let json: string;
  try {
    // Remove halves of surrogate pairs, which `slice` can leave. JSON.stringify writes only these as `\ud…`.
    json = JSON.stringify(event).replace(/(\\\\)|\\ud.../g, "$1");
    if ((event as { toJSON?: unknown }).toJSON) event = payloadOf({ json }); // may have another id and timestamp
    let added = "}";
    if (event.timestamp == null) added = timeAt(now) + added;
    if (event.event_id == null) added = `,"event_id":"${uuidv7(now)}"` + added;
    // as text: JSON.stringify is three times as slow for a copy of the event on Node 20
    // oxlint-disable-next-line unicorn/prefer-string-starts-ends-with -- eight bytes fewer in the bundle
    if (/^{"/.test(json)) json = json.slice(0, -1) + added;
  } catch (cause) {
    throw new AnalyticsError("not_json", "The event isn't JSON.", { cause });
  }
  return new Entry(json);
}

/** Return the caller's event, with its id and timestamp. */
export function payloadOf({ json }: Pick<Entry, "json">): EventPayload & { readonly event_id: string } {
  return JSON.parse(json) as EventPayload & { readonly event_id: string };
}

/** Return the time of an event by the device's clock. */
export function deviceTime(nowMs: number): string {
  return `,"timestamp":"${new Date(nowMs).toISOString()}"`;
}

/** Responses take time, and their `Date` has whole seconds. */
const TOLERANCE_MS = 30_000;

type Fetch = typeof globalThis.fetch;

/** The device's clock, compared with the API's by the responses that pass through `fetch`. */
export class Clock {
  /** What has to be added to the device's clock, as of the last response; nothing while it is about right. */
  offsetMs = 0;
  readonly #send: Fetch | undefined;

  constructor(send: Fetch | undefined) {
    this.#send = send;
  }

  /** Sends a request. One with a body says at what time of this clock it is sent. */
  readonly fetch: Fetch = async (url, init) => {
    const send = this.#send ?? globalThis.fetch;
    if (!init?.body) return send(url, init);
    const own = init.headers as Readonly<Record<string, string>>;
    const headers = { ...own, "X-Analytics-Sent-At": new Date().toISOString() };
    const response = await send(url, { ...init, headers });
    const ahead = Date.parse(response.headers.get("Date")!) - Date.now();
    if (ahead) this.offsetMs = Math.abs(ahead) < TOLERANCE_MS ? 0 : ahead;
    return response;
  };

  /** The event, stamped by the corrected clock where this one is wrong and the caller gave no time. */
  stamped<Event extends { readonly timestamp?: string | null | undefined }>(event: Event): Event {
    const { offsetMs } = this;
    if (!offsetMs || event.timestamp) return event;
    return { ...event, timestamp: new Date(Date.now() + offsetMs).toISOString(), clock_offset_ms: offsetMs };
  }
}

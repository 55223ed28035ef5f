import { deviceTime, type TimeAt } from "./entry.ts";

/** Smaller differences are ignored, as responses take time and their `Date` has whole seconds. */
const TOLERANCE_MS = 30_000;

type Fetch = typeof globalThis.fetch;

/** The difference between the device's clock and the API's, measured from the responses to `fetch`. */
export class Clock {
  /** The correction of the device's clock, as of the last response; 0 while the clock is nearly correct. */
  offsetMs = 0;
  readonly #send: Fetch | undefined;
  #at: number | undefined;
  #text = ""; // of #at, because formatting it for each event takes a quarter of the time of tracking

  constructor(send: Fetch | undefined) {
    this.#send = send;
  }

  /** Send a request. If it has a body, add the device's time and measure the difference from the response. */
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

  /** Return the time of an event, corrected if the device's clock is wrong. */
  readonly timeAt: TimeAt = (nowMs) => {
    const { offsetMs } = this;
    const at = nowMs + offsetMs;
    if (at !== this.#at) {
      this.#at = at;
      this.#text = offsetMs ? `${deviceTime(at)},"clock_offset_ms":${offsetMs}` : deviceTime(at);
    }
    return this.#text;
  };
}

import type { IngestResponse } from "../api.gen.ts";
import type { PlatformHost, UnsettledEvent } from "../platform.ts";

/** All keepalive requests of a page share 64 KiB, and other scripts need some of it. */
const IN_FLIGHT_BYTES_MAX = 60_000;
const EVENTS_MAX = 100;

/**
 * Sends unsettled events in requests that outlive the page. Events stay stored and queued until the response settles
 * them. The API recognises events that are sent again.
 */
export class UnloadSender {
  readonly #host: PlatformHost;
  readonly #inFlight = new Set<UnsettledEvent>();
  #bytes = 0;

  constructor(host: PlatformHost) {
    this.#host = host;
  }

  send(): void {
    const credential = this.#credential();
    if (!credential) return;
    const waiting = [...this.#host.queue.unsettled].filter((event) => !this.#inFlight.has(event));
    while (waiting.length) {
      const { events, body } = this.#fit(waiting, credential);
      if (!events.length) return; // the rest is stored, and is sent when the page is shown again
      waiting.splice(0, events.length);
      void this.#post(events, body);
    }
  }

  /** Return the credential to send in the body instead of a header, or undefined before the first token. */
  #credential(): object | undefined {
    const { apiKey } = this.#host.settings;
    if (apiKey !== undefined) return { api_key: apiKey };
    const token = this.#host.http.tokens.last;
    return token === undefined ? undefined : { access_token: token };
  }

  /** Return as many of the events as fit into one request and the rest of the quota. */
  #fit(waiting: readonly UnsettledEvent[], credential: object): { events: UnsettledEvent[]; body: Blob } {
    const sender = JSON.stringify({ ...credential, sent_at: new Date().toISOString() });
    const head = `${sender.slice(0, -1)},"events":[`;
    const parts: string[] = [];
    let room = IN_FLIGHT_BYTES_MAX - this.#bytes - new Blob([head]).size - 2;
    for (const { json } of waiting.slice(0, EVENTS_MAX)) {
      room -= new Blob([json]).size + 1;
      if (room < 0) break;
      parts.push(json);
    }
    const body = new Blob([`${head}${parts.join()}]}`]);
    return { events: waiting.slice(0, parts.length), body };
  }

  async #post(events: readonly UnsettledEvent[], body: Blob): Promise<void> {
    for (const event of events) this.#inFlight.add(event);
    this.#bytes += body.size;
    try {
      const response = await fetch(`${this.#host.settings.baseUrl}/api/v1/events/beacon`, {
        method: "POST",
        headers: { "Content-Type": "text/plain" }, // no preflight: a page that the user leaves can't wait for one
        body,
        keepalive: true,
      });
      if (response.ok) this.#host.queue.settleEach(events, (await response.json()) as IngestResponse);
    } catch {
      // nothing is lost: the events are still unsettled
    } finally {
      for (const event of events) this.#inFlight.delete(event);
      this.#bytes -= body.size;
    }
  }
}

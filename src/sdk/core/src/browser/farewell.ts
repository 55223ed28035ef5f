import type { IngestAnswer } from "../api.gen.ts";
import { settleEach } from "../delivery.ts";
import type { Entry } from "../entry.ts";
import type { ClientParts } from "../runtime.ts";

/** All requests of a page that outlive it share 64 KiB; others on the page need some. */
const IN_FLIGHT_BYTES_MAX = 60_000;
const EVENTS_MAX = 100;

/**
 * Sends what is unsettled in requests that outlive the page. They count only when they are answered:
 * until then everything stays where it is, and the API recognises what comes twice.
 */
export class Farewell {
  readonly #client: ClientParts;
  readonly #leaving = new Set<Entry>();
  #bytes = 0;

  constructor(client: ClientParts) {
    this.#client = client;
  }

  send(): void {
    const credential = this.#credential();
    if (!credential) return;
    const waiting = [...this.#client.queue.unsettled].filter((event) => !this.#leaving.has(event));
    while (waiting.length) {
      const { events, body } = this.#fit(waiting, credential);
      if (!events.length) return; // the rest is stored, or goes when the page is seen again
      waiting.splice(0, events.length);
      void this.#post(events, body);
    }
  }

  /** What a request without headers can carry to prove who sends it; nothing before a token came. */
  #credential(): object | undefined {
    const { http, settings } = this.#client;
    if (settings.apiKey !== undefined) return { api_key: settings.apiKey };
    const token = http.tokens.last;
    return token === undefined ? undefined : { access_token: token };
  }

  /** As many of the events as one request may hold, and the room that is left. */
  #fit(waiting: readonly Entry[], credential: object): { events: Entry[]; body: Blob } {
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

  async #post(events: readonly Entry[], body: Blob): Promise<void> {
    for (const event of events) this.#leaving.add(event);
    this.#bytes += body.size;
    try {
      const response = await fetch(`${this.#client.settings.baseUrl}/api/v1/events/beacon`, {
        method: "POST",
        headers: { "Content-Type": "text/plain" }, // needs no preflight, which a leaving page can't wait for
        body,
        keepalive: true,
      });
      if (response.ok)
        settleEach(events, ((await response.json()) as IngestAnswer).results, this.#client.settle);
    } catch {
      // nothing is lost: the events are unsettled still
    } finally {
      for (const event of events) this.#leaving.delete(event);
      this.#bytes -= body.size;
    }
  }
}

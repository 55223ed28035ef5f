import type { IngestAnswer } from "../api.gen.ts";
import type { QueuedEvent, RuntimeHost } from "../runtime.ts";

/** All requests of a page that outlive it share 64 KiB; others on the page need some. */
const IN_FLIGHT_BYTES_MAX = 60_000;
const EVENTS_MAX = 100;

/**
 * Sends what is unsettled in requests that outlive the page. They count only when they are answered:
 * until then everything stays where it is, and the API recognises what comes twice.
 */
export class Farewell {
  readonly #host: RuntimeHost;
  readonly #leaving = new Set<QueuedEvent>();
  #bytes = 0;

  constructor(host: RuntimeHost) {
    this.#host = host;
  }

  send(): void {
    const credential = this.#host.credential();
    if (!credential) return;
    const waiting = this.#host.unsettled().filter((event) => !this.#leaving.has(event));
    while (waiting.length) {
      const { events, body } = this.#fit(waiting, credential);
      if (!events.length) return; // the rest is stored, or goes when the page is seen again
      waiting.splice(0, events.length);
      void this.#post(events, body);
    }
  }

  /** As many of the events as one request may hold, and the room that is left. */
  #fit(waiting: readonly QueuedEvent[], credential: object): { events: QueuedEvent[]; body: Blob } {
    const head = `${JSON.stringify(credential).slice(0, -1)},"events":[`;
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

  async #post(events: readonly QueuedEvent[], body: Blob): Promise<void> {
    for (const event of events) this.#leaving.add(event);
    this.#bytes += body.size;
    try {
      const response = await fetch(`${this.#host.baseUrl}/api/v1/events/beacon`, {
        method: "POST",
        headers: { "Content-Type": "text/plain" }, // needs no preflight, which a leaving page can't wait for
        body,
        keepalive: true,
      });
      if (response.ok) this.#host.settle(events, ((await response.json()) as IngestAnswer).results);
    } catch {
      // nothing is lost: the events are unsettled still
    } finally {
      for (const event of events) this.#leaving.delete(event);
      this.#bytes -= body.size;
    }
  }
}

import { deliver } from "./delivery.ts";
import type { Entry } from "./entry.ts";
import { Http } from "./http.ts";
import type { ClientParts, Runtime } from "./runtime.ts";
import { statusError } from "./status-errors.ts";

const BEAT_MS = 250;
/** A delivery whose last beat is older has ended with its request. */
const BEAT_MS_MAX = 4 * BEAT_MS;
const POLL_MS = 20;

/**
 * For platforms where promises, timers and fetches belong to one incoming request and end with it, which is
 * Cloudflare Workers. Every call has its own HTTP state, and nothing waits for a promise of another request:
 * requests see each other's deliveries by their beats, and take over those that have stopped.
 */
export class RequestBound implements Runtime {
  readonly isRequestBound = true;
  readonly #beats = new Map<Entry, number>();
  #client!: ClientParts;
  #token: string | undefined;

  attach(client: ClientParts): void {
    const { pack } = client;
    this.#client = Object.defineProperties(client, {
      http: { get: () => this.#http() },
      pack: { value: (...[json, entries]: Parameters<typeof pack>) => pack(json, this.#beat(entries)) },
    });
  }

  detach(): void {}

  settled(entry: Entry): void {
    this.#beats.delete(entry);
  }

  /** Resolve when everything added before the call is settled, by this request or another. */
  async flush(): Promise<void> {
    const { queue, settings } = this.#client;
    queue.seal();
    let due = [...queue.unsettled];
    while (due.length) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      due = due.filter((entry) => queue.unsettled.has(entry));
      const left = due.filter((entry) => !this.#isOnItsWay(entry)).slice(0, settings.maxBatchEvents);
      if (left.length) await deliver(left, this.#client);
    }
  }

  /** HTTP state of a call's own. Only an API key's token is kept for the next one, until the API refuses it. */
  #http(): Http {
    const http = new Http(this.#client.settings, statusError);
    const { tokens } = http;
    if (this.#client.settings.apiKey === undefined) return http;
    return Object.assign(http, {
      tokens: {
        get: async () => (this.#token ??= await tokens.get()),
        replace: async (refused: string) => {
          if (this.#token === refused) this.#token = await tokens.replace(refused);
          return this.#token!;
        },
        refuse: (error: unknown) => {
          this.#token = undefined;
          tokens.refuse(error);
        },
      },
    });
  }

  /** Marks the entries as on their way for as long as this request lives. */
  #beat(entries: readonly Entry[]): readonly Entry[] {
    const beat = (): void => {
      const unsettled = entries.filter((entry) => this.#client.queue.unsettled.has(entry));
      for (const entry of unsettled) this.#beats.set(entry, performance.now());
      if (!unsettled.length) clearInterval(timer);
    };
    const timer = setInterval(beat, BEAT_MS);
    beat();
    return entries;
  }

  #isOnItsWay(entry: Entry): boolean {
    return performance.now() - (this.#beats.get(entry) ?? -Infinity) < BEAT_MS_MAX;
  }
}

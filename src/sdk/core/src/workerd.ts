// The entry point for Cloudflare Workers. Bundlers select it instead of index.ts by the export condition `workerd`.
import { AnalyticsClient as Client } from "./client.ts";
import type { Entry } from "./events/entry.ts";
import { statusError } from "./status-errors.ts";
import type { AnalyticsClientOptions } from "./options.ts";
import { Http, type Message } from "./transport/http.ts";
import { Reads } from "./transport/reads.ts";
import type { AnyEvents } from "./types.ts";

export * from "./index.ts";

const HEARTBEAT_MS = 250;
/** A delivery whose last heartbeat is older than this has ended with its request. */
const HEARTBEAT_MS_MAX = 4 * HEARTBEAT_MS;
const POLL_MS = 20;

/**
 * A client for a platform where promises, timers and fetches belong to one incoming request and end with it. Every
 * call has its own HTTP state, and nothing awaits a promise of another request: requests recognise each other's
 * deliveries by their heartbeats, and take over those that have stopped.
 */
export class AnalyticsClient<Events extends object = AnyEvents> extends Client<Events> {
  readonly #heartbeats = new WeakMap<Entry, number>();
  #token: string | undefined;

  constructor(options: AnalyticsClientOptions) {
    super(options);
    Object.defineProperty(this, "http", { get: () => this.#newHttp() });
  }

  /** Resolve when every event tracked before the call is settled, by this request or another. */
  override async flush(): Promise<void> {
    this.queue.seal();
    let due = [...this.queue.unsettled];
    while (due.length) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      due = due.filter((entry) => this.queue.unsettled.has(entry));
      const left = due.filter((entry) => !this.#isInFlight(entry)).slice(0, this.settings.maxBatchEvents);
      if (left.length) await this.queue.deliver(left);
    }
  }

  protected override pack(json: string, entries: readonly Entry[]): Promise<Message> {
    this.#startHeartbeat(entries);
    return super.pack(json, entries);
  }

  protected override reads(): Reads {
    return new Reads(this.settings, this.http);
  }

  /** Create the HTTP state for one call. Calls share only the token of an API key, until the API rejects it. */
  #newHttp(): Http {
    const http = new Http(this.settings, statusError);
    if (this.settings.apiKey === undefined) return http;
    const { tokens } = http;
    const get = tokens.get.bind(tokens);
    const refuse = tokens.refuse.bind(tokens);
    tokens.get = async () => (this.#token ??= await get());
    tokens.refuse = (token, refusal) => {
      if (token === this.#token) this.#token = undefined;
      refuse(token, refusal);
    };
    return http;
  }

  /** Mark the entries as in flight for as long as this request lives. */
  #startHeartbeat(entries: readonly Entry[]): void {
    const beat = (): void => {
      const unsettled = entries.filter((entry) => this.queue.unsettled.has(entry));
      for (const entry of unsettled) this.#heartbeats.set(entry, performance.now());
      if (!unsettled.length) clearInterval(timer);
    };
    const timer = setInterval(beat, HEARTBEAT_MS);
    beat();
  }

  #isInFlight(entry: Entry): boolean {
    return performance.now() - (this.#heartbeats.get(entry) ?? -Infinity) < HEARTBEAT_MS_MAX;
  }
}

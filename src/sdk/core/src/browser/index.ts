import { AnalyticsClient } from "../client.ts";
import { Entry, payloadOf } from "../entry.ts";
import { AnalyticsError, NetworkError } from "../errors.ts";
import type { AnalyticsClientOptions, ClientSettings, Settings } from "../options.ts";
import type { ClientParts, Runtime } from "../runtime.ts";
import type { AnyEvents } from "../types.ts";
import type { EventStore, UnsentEvent } from "./event-store.ts";
import { Farewell } from "./farewell.ts";
import { LocalEventStore, localStorageOfPage } from "./local-event-store.ts";
import { Ownership } from "./ownership.ts";

export type { EventStore, UnsentEvent } from "./event-store.ts";

/** How a page keeps and delivers its events. */
export interface BrowserOptions {
  /** How many bytes of unsent events may be stored. Default: 1 MiB of the origin's usual 10. */
  readonly maxStoredBytes?: number | undefined;
  /** Where unsent events are stored. Default: localStorage. */
  readonly store?: EventStore | undefined;
}

const STORED_BYTES_MAX = 1024 * 1024;
/** So many requests in a row without any answer, online, are the work of a blocker. */
const FAILURES_OF_A_BLOCKER = 3;
const PROBE_MS = 1_000;
/** Browsers say offline where an API on the same machine or network responds, so the SDK keeps trying. */
const OFFLINE_MS = 30_000;
const BLOCKED_FOR_MS = 5 * 60_000;
const BLOCKED_FOR_MS_MAX = 60 * 60_000;

/**
 * A client for a page: what it takes survives the page, is delivered when the page is left, and is never
 * thrown into it. When its queue is full, events are dropped, counted and reported.
 */
export function createBrowserClient<Events extends object = AnyEvents>({
  maxStoredBytes,
  store,
  ...options
}: AnalyticsClientOptions & BrowserOptions): AnalyticsClient<Events> {
  return new AnalyticsClient({ whenFull: "drop", runtime: browser({ maxStoredBytes, store }), ...options });
}

/** The page's part, for a client of your own. On a server it does nothing. */
export function browser(options: BrowserOptions = {}): Runtime {
  return typeof document === "undefined" ? NO_PAGE : new BrowserRuntime(options);
}

const NO_PAGE: Runtime = { attach: () => {}, detach: () => {} };

class BrowserRuntime implements Runtime {
  /** Events outlive the page: they are not given up while it lives. */
  readonly defaults: Partial<ClientSettings> = { retryForMs: Infinity };
  readonly #options: BrowserOptions;
  readonly #detached = new AbortController();
  /** Paths that were answered once: who does not answer there any more is away, and not blocked. */
  readonly #answered = new Set<string>();
  #client!: ClientParts;
  #store: EventStore | undefined;
  #ownership!: Ownership;
  #farewell!: Farewell;
  #isStorageReported = false;
  #unanswered = 0;

  constructor(options: BrowserOptions) {
    this.#options = options;
  }

  attach(client: ClientParts): void {
    const scope = scopeOf(client.settings);
    const prefix = `acme-analytics/${hash(scope ?? "")}/`;
    const { maxStoredBytes = STORED_BYTES_MAX, store } = this.#options;
    const storage = scope === undefined ? undefined : localStorageOfPage();
    this.#client = client;
    this.#farewell = new Farewell(client);
    this.#ownership = new Ownership(prefix);
    this.#store = store ?? (storage && new LocalEventStore(storage, prefix, maxStoredBytes));
    this.#listen();
    this.#adoptOrphans();
  }

  accepted(entry: Entry): void {
    if (!this.#store || this.#store.save(this.#ownership.owner, unsent(entry)) || this.#isStorageReported)
      return;
    this.#isStorageReported = true;
    this.#report(
      new AnalyticsError("storage_full", "Events are delivered, but no more of them survive the page."),
    );
  }

  settled(entry: Entry): void {
    this.#store?.remove(this.#ownership.owner, unsent(entry).id);
  }

  answered(path: string): void {
    this.#answered.add(withoutQuery(path));
    this.#unanswered = 0;
  }

  backoffMs(path: string): number | undefined {
    if (!navigator.onLine) return OFFLINE_MS; // or until `online`
    if (this.#answered.has(withoutQuery(path))) return undefined;
    const beyond = ++this.#unanswered - FAILURES_OF_A_BLOCKER;
    if (beyond < 0) return undefined;
    if (beyond === 0) void this.#reportBlocked(path);
    return Math.min(BLOCKED_FOR_MS_MAX, BLOCKED_FOR_MS * 2 ** beyond);
  }

  /** A response that the page may not read proves that the API is there. */
  async explain(path: string, error: unknown): Promise<AnalyticsError | undefined> {
    if (!["network", "blocked"].includes((error as AnalyticsError).code)) return undefined;
    const { baseUrl, fetch = globalThis.fetch } = this.#client.settings;
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), PROBE_MS);
    try {
      await fetch(baseUrl + withoutQuery(path), { mode: "no-cors", signal: abort.signal });
    } catch {
      return undefined;
    } finally {
      clearTimeout(timer);
    }
    return new NetworkError(
      "cors",
      `The API doesn't allow pages of ${location.origin}. Add this origin to the API's ANALYTICS_CORS_ORIGINS.`,
    );
  }

  detach(): void {
    this.#detached.abort();
    this.#ownership.release();
  }

  /** Never `unload`, which browsers skip and which keeps pages out of the back-forward cache. */
  #listen(): void {
    const { signal } = this.#detached;
    const on = (target: EventTarget, name: string, listener: (event: Event) => void): void =>
      target.addEventListener(name, listener, { signal });
    on(document, "visibilitychange", () => {
      if (document.visibilityState === "hidden") this.#farewell.send();
      else this.#adoptOrphans();
    });
    on(window, "pagehide", () => {
      this.#farewell.send();
      this.#ownership.release();
    });
    on(window, "pageshow", (event) => {
      if ((event as PageTransitionEvent).persisted) this.#return();
    });
    on(window, "online", () => this.#client.http.gate.resume());
  }

  /** Back from the cache: others may have taken over what was stored, so store anew what is unsettled. */
  #return(): void {
    this.#ownership.take();
    for (const event of this.#client.queue.unsettled) this.accepted(event);
    this.#adoptOrphans();
  }

  /** Takes over what pages that are gone have left. */
  #adoptOrphans(): void {
    for (const owner of this.#store?.owners() ?? []) {
      this.#ownership.inherit(owner, () => this.#adopt(owner)).catch(() => {}); // another time, then
    }
  }

  #adopt(owner: string): void {
    const events = this.#store!.load(owner);
    const entries = events.map(({ json }) => new Entry(json));
    for (const [index, entry] of entries.entries()) {
      this.#store!.remove(owner, events[index]!.id);
      this.accepted(entry);
    }
    for (const entry of entries) this.#client.queue.add(entry, "wait");
  }

  async #reportBlocked(path: string): Promise<void> {
    const error = new NetworkError("blocked", "The API is blocked or unavailable. Retrying rarely.");
    this.#report((await this.explain(path, error)) ?? error);
  }

  #report(error: AnalyticsError): void {
    this.#client.lose(error, []);
  }
}

/** Where events go and on whose behalf; nothing if nobody can tell: then none may outlive the page. */
function scopeOf({ apiKey, baseUrl, id = apiKey }: Settings): string | undefined {
  return id === undefined ? undefined : `${baseUrl} ${apiKey ?? ""} ${id}`;
}

function unsent(entry: Entry): UnsentEvent {
  return { id: payloadOf(entry).event_id, json: entry.json };
}

function withoutQuery(path: string): string {
  return path.split("?", 1)[0]!;
}

/** A short name for a text (FNV-1a). */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (const char of text) value = Math.imul(value ^ char.codePointAt(0)!, 0x01000193);
  return (value >>> 0).toString(36);
}

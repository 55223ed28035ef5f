import { AnalyticsClient } from "../client.ts";
import { AnalyticsError, NetworkError } from "../errors.ts";
import { payloadOf } from "../events/entry.ts";
import { checkBrowserOptions, InvalidOptionError } from "../option-checks.ts";
import type { AnalyticsClientOptions } from "../options.ts";
import type { Platform, PlatformHost, UnsettledEvent } from "../platform.ts";
import type { AnyEvents } from "../types.ts";
import { awakeMs } from "../util/timers.ts";
import type { BrowserOptions, EventStore, UnsentEvent } from "./event-store.ts";
import { LocalEventStore, localStorageOfPage } from "./local-event-store.ts";
import { TabLock } from "./tab-lock.ts";
import { UnloadSender } from "./unload-sender.ts";

export type { BrowserOptions, EventStore, UnsentEvent } from "./event-store.ts";

declare const process: { readonly env: { readonly NODE_ENV?: string } };

const STORED_FOR_MS = 7 * 86_400_000; // a week
/** After this many requests and this time without a response, the API is probably blocked, e.g. by an ad blocker. */
const BLOCKED_AFTER = 3;
const BLOCKED_AFTER_MS = 60_000;

// an enum, as its values are inlined
const enum Policy {
  StoredBytesMax = 1024 * 1024,
  ProbeMs = 1_000,
  /** Browsers report offline although an API on the same machine or network responds, so the SDK keeps trying. */
  OfflineMs = 30_000,
  BlockedForMs = 5 * 60_000,
  BlockedForMaxMs = 60 * 60_000,
}

/**
 * Create a client for a page. Its events are delivered when the user leaves the page, or later by the next page. When
 * its queue is full, events are dropped, counted and reported.
 */
export function createBrowserClient<Events extends object = AnyEvents>({
  maxStoredBytes,
  store,
  ...options
}: AnalyticsClientOptions & BrowserOptions): AnalyticsClient<Events> {
  return new AnalyticsClient({ whenFull: "drop", platform: browser({ maxStoredBytes, store }), ...options });
}

/** Return the platform for a client or tracker that you create in a page. On a server it does nothing. */
export function browser(options: BrowserOptions = {}): Platform {
  try {
    if (process.env.NODE_ENV !== "production") checkBrowserOptions(options); // as in the constructor of Tracker
  } catch (error) {
    if (error instanceof InvalidOptionError) throw error;
  }
  return typeof document === "undefined" ? NO_PAGE : new BrowserPlatform(options);
}

const NO_PAGE: Platform = { attach: () => {}, detach: () => {} };

class BrowserPlatform implements Platform {
  /** Events are retried as long as the page lives. */
  readonly defaults: { readonly retryForMs: number } = { retryForMs: Infinity };
  readonly #options: BrowserOptions;
  readonly #detached = new AbortController();
  /** Paths that have had a response. If such a path stops responding, the API is unavailable, not blocked. */
  readonly #responded = new Set<string>();
  #host!: PlatformHost;
  /** The `fetch` of the client's options. */
  #fetch!: typeof fetch;
  #store: EventStore | undefined;
  #lock!: TabLock;
  #sender!: UnloadSender;
  #failures = 0;
  #failingSince = 0;
  /** How many long waits have followed each other. */
  #longWaits = 0;
  #isBlocked = false;
  /** Whether a request got a response since the failures began. Then only some requests are blocked. */
  #isPartlyBlocked = false;

  constructor(options: BrowserOptions) {
    this.#options = options;
  }

  attach(host: PlatformHost): void {
    const scope = scopeOf(host.settings);
    const prefix = `acme-analytics/${hash(scope)}/`;
    const { maxStoredBytes = Policy.StoredBytesMax, store } = this.#options;
    const storage = scope ? localStorageOfPage() : undefined;
    this.#host = host;
    this.#fetch = host.settings.fetch ?? ((...request) => fetch(...request));
    const sent: typeof fetch = async (...request) => {
      const response = await this.#fetch(...request);
      this.#unblock();
      return response;
    };
    Object.assign(host.settings, { fetch: sent }); // also for reads, which don't call the platform
    this.#sender = new UnloadSender(host);
    this.#lock = new TabLock(prefix);
    this.#store = store ?? (storage && new LocalEventStore(storage, prefix, maxStoredBytes));
    this.#listen();
    this.#adoptOrphans();
  }

  accepted(event: UnsettledEvent): void {
    if (!this.#store || this.#store.save(this.#lock.owner, unsent(event))) return;
    this.#host.report(
      new AnalyticsError(
        "storage_full",
        "Storage is full. Events are lost if the page closes before they are delivered.",
      ),
    );
  }

  settled(event: UnsettledEvent): void {
    this.#store?.remove(this.#lock.owner, unsent(event).id);
  }

  responded(path: string): void {
    if (this.#responded.size < this.#responded.add(path).size) this.#failures = this.#longWaits = 0;
  }

  backoffMs(path: string): number | undefined {
    if (!navigator.onLine) return Policy.OfflineMs; // or until `online`
    if (this.#responded.has(path)) return undefined;
    const now = awakeMs();
    if (!this.#failures++) {
      this.#failingSince = now;
      this.#isPartlyBlocked = false;
    }
    if (this.#failures < BLOCKED_AFTER || now < this.#failingSince + BLOCKED_AFTER_MS) return undefined;
    this.#isBlocked = true;
    if (!this.#longWaits) void this.#reportBlocked(path);
    return Math.min(Policy.BlockedForMaxMs, Policy.BlockedForMs * 2 ** this.#longWaits++);
  }

  /**
   * Return a `cors` error if a request without CORS succeeds and the same request with CORS fails: the API doesn't
   * allow the origin. If the API was only restarted in the meantime, both requests succeed.
   */
  async explain(path: string, error: unknown): Promise<AnalyticsError | undefined> {
    if (!["network", "blocked"].includes((error as AnalyticsError).code)) return undefined;
    const probe = async (init: RequestInit): Promise<"response" | "error" | "timeout"> => {
      const abort = new AbortController();
      const timer = setTimeout(() => abort.abort(), Policy.ProbeMs);
      try {
        await this.#fetch(this.#host.settings.baseUrl + path.split("?", 1)[0], {
          ...init,
          signal: abort.signal,
        });
        return "response";
      } catch {
        return abort.signal.aborted ? "timeout" : "error";
      } finally {
        clearTimeout(timer);
      }
    };
    if ((await probe({ mode: "no-cors" })) !== "response") return undefined;
    if ((await probe({ headers: { Authorization: "Bearer" } })) !== "error") return undefined;
    return new NetworkError(
      "cors",
      `The API doesn't allow pages of ${location.origin}. Add this origin to the API's ANALYTICS_CORS_ORIGINS.`,
    );
  }

  detach(): void {
    this.#detached.abort();
    this.#lock.release();
  }

  /** Add listeners, but none for `unload`: browsers skip it, and it keeps pages out of the back-forward cache. */
  #listen(): void {
    const { signal } = this.#detached;
    const on = (target: EventTarget, name: string, listener: (event: Event) => void): void =>
      target.addEventListener(name, listener, { signal });
    on(document, "visibilitychange", () => {
      if (document.visibilityState === "hidden") this.#sender.send();
      else this.#adoptOrphans();
    });
    on(window, "pagehide", () => {
      this.#sender.send();
      this.#lock.release();
    });
    on(window, "pageshow", (event) => {
      if ((event as PageTransitionEvent).persisted) this.#restore();
    });
    on(window, "online", () => this.#host.http.limiter.resume());
  }

  /** Store the events again when the page returns from the cache, as other pages may have taken them over. */
  #restore(): void {
    this.#lock.acquire();
    for (const event of this.#host.queue.unsettled) this.accepted(event);
    this.#adoptOrphans();
  }

  /** Take over the events of closed pages, and drop those that are too old. */
  #adoptOrphans(): void {
    for (const owner of this.#store?.owners() ?? []) {
      this.#lock.inherit(owner, () => this.#adopt(owner)).catch(() => {}); // a later call tries again
    }
  }

  #adopt(owner: string): void {
    for (const { id, json } of this.#store!.load(owner)) {
      this.#store!.remove(owner, id);
      try {
        // an id that the SDK made contains the time of the call according to the device's clock
        const [, high, low] = /^([\da-f]{8})-([\da-f]{4})-7\w{3}-8\w{3}-\w{12}$/.exec(id) ?? [];
        if (Date.now() - parseInt(high! + low!, 16) > STORED_FOR_MS)
          throw new AnalyticsError("expired", "The event is older than a week.");
        this.#host.enqueue(json);
      } catch (error) {
        this.#host.report(error as AnalyticsError, [payloadOf({ json })]);
      }
    }
  }

  /** End a long wait at the first response since the failures began. */
  #unblock(): void {
    if (this.#isBlocked && !this.#isPartlyBlocked) this.#host.http.limiter.resume();
    this.#isBlocked = false;
    this.#isPartlyBlocked = true;
  }

  async #reportBlocked(path: string): Promise<void> {
    const error = new NetworkError("blocked", "The API is blocked or unavailable. Retrying in 5 minutes.");
    this.#host.report((await this.explain(path, error)) ?? error);
  }
}

/** Return a name for the API and the owner of the events, or "" for an unknown owner: nothing is stored. */
function scopeOf({ apiKey, baseUrl, id = apiKey }: PlatformHost["settings"]): string {
  return id === undefined ? "" : `${baseUrl} ${apiKey ?? ""} ${id}`;
}

function unsent({ json }: UnsettledEvent): UnsentEvent {
  return { id: payloadOf({ json }).event_id, json };
}

/** Return a short hash of the text (FNV-1a). */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (const char of text) value = Math.imul(value ^ char.codePointAt(0)!, 0x01000193);
  return (value >>> 0).toString(36);
}

import { Delivery, type DeliveryHost, type Verdict } from "./events/delivery.ts";
import { Entry, entryOf, payloadOf, type TimeAt } from "./events/entry.ts";
import { AnalyticsError, ApiError, asAnalyticsError, ClosedError } from "./errors.ts";
import {
  type AnalyticsClientOptions,
  DEFAULTS,
  type Settings,
  type TrackOptions,
  type WhenFull,
} from "./options.ts";
import { checkOptions, InvalidOptionError } from "./option-checks.ts";
import type { PlatformHost } from "./platform.ts";
import { type ErrorOf, Http, type Message } from "./transport/http.ts";
import type { AnyEvents, EventPayload } from "./types.ts";
import { awaited, optional, setUnrefTimeout } from "./util/timers.ts";

declare const process: { readonly env: { readonly NODE_ENV?: string } };

type Named = Record<string, unknown>;

/** The number of events by result. */
export interface ClientStats {
  /** Events that are tracked but not settled yet. */
  readonly queued: number;
  /** Events that the API stored. */
  readonly created: number;
  /** Events that an earlier attempt or another sender had already stored. */
  readonly duplicates: number;
  /** Events that were rejected, dropped by a full queue or not delivered in time. `onError` received each of them. */
  readonly dropped: number;
}

/**
 * A client that only sends events. `AnalyticsClient` adds reads and delivery on servers: a Node process ends without
 * waiting for a tracker that is not closed.
 *
 * The constructor sends no request and starts no timer. Keep one tracker per app.
 */
export class Tracker<Events extends object = AnyEvents> {
  // `declare` emits no code for fields that the constructor sets anyway
  declare protected readonly settings: Settings;
  declare protected readonly queue: Delivery;
  /** The requests to the API and their state. */
  declare protected readonly http: Http;
  /** Default: by the device's clock. */
  declare protected timeAt: TimeAt | undefined;
  declare protected closing: Promise<void> | undefined;
  readonly #counts = { created: 0, duplicate: 0, dropped: 0 };
  readonly #reported = new Set<string>();

  /** Create a client. `errorOf` creates its errors for error responses. */
  constructor(
    options: AnalyticsClientOptions,
    errorOf: ErrorOf = (...response) => new ApiError(...response),
  ) {
    const defaults: Named = { ...DEFAULTS, ...options.platform?.defaults };
    const settings = { ...defaults, ...options } as Settings & Named;
    for (const name in settings) {
      if ((settings[name] ??= defaults[name]) != null && !(name in DEFAULTS))
        throw new TypeError(`Unknown option: ${name}`);
    }
    try {
      if (process.env.NODE_ENV !== "production") checkOptions(options); // bundlers remove it from production builds
    } catch (error) {
      if (error instanceof InvalidOptionError) throw error; // a page without a bundler has no `process`
    }
    (settings as Named)["baseUrl"] = options.baseUrl.replace(/\/+$/, "");
    this.settings = settings;
    this.http = new Http(settings, errorOf);
    const host: DeliveryHost & Omit<PlatformHost, "queue"> = {
      settings,
      http: this.http,
      send: (call) => this.http.send(call), // workers have another one for each call
      pack: (json, entries) => this.pack(json, entries),
      settle: (entries, verdict) => this.#settle(entries, verdict),
      report: (error, lost?: readonly EventPayload[]) => void this.reportDropped(error, lost),
      enqueue: (json) => this.#enqueue(new Entry(json), "wait"),
    };
    this.queue = new Delivery(settings, host);
    settings.platform?.attach({ ...host, queue: this.queue });
  }

  /** The number of events by result. */
  get stats(): ClientStats {
    const { duplicate: duplicates, ...counts } = this.#counts;
    return { queued: this.queue.unsettled.size, duplicates, ...counts };
  }

  /**
   * Track an event. The promise resolves when the event is durable, and rejects when the event is lost. Callers may
   * ignore the promise: it never causes an unhandled rejection.
   */
  trackEvent(event: EventPayload<Events>, options?: TrackOptions): Promise<void> {
    try {
      if (this.closing) throw closed();
      const entry = entryOf(event as EventPayload, this.timeAt);
      this.#enqueue(entry, options?.whenFull ?? this.settings.whenFull);
      return entry.promise;
    } catch (cause) {
      const error = asAnalyticsError(cause);
      void this.reportDropped(error, [event as EventPayload]);
      return optional(Promise.reject(error));
    }
  }

  /** Resolve when every event tracked before the call is settled. Never rejects. */
  flush(): Promise<void> {
    return awaited(this.queue.flush());
  }

  /**
   * Accept no more events and deliver the queued ones. Events that are not delivered within `timeoutMs` (by default
   * `exitTimeoutMs`) are reported as lost. Never rejects.
   */
  close({ timeoutMs }: { readonly timeoutMs?: number } = {}): Promise<void> {
    const error = closed();
    return (this.closing ??= this.finish(error, timeoutMs).finally(() => {
      this.http.stop(error);
      this.settings.platform?.detach();
    }));
  }

  /** Deliver the queued events. After `timeoutMs`, abort the requests and report the remaining events as lost. */
  protected async finish(error: ClosedError, timeoutMs: number = this.settings.exitTimeoutMs): Promise<void> {
    const end = (): void => {
      error.cause = this.http.limiter.error;
      this.http.stop(error);
      // settle events of a `fetch` that ignores its signal, once the others have settled
      setTimeout(() => this.#settle([...this.queue.unsettled], error));
    };
    const deadline = setUnrefTimeout(end, timeoutMs);
    await this.flush();
    clearTimeout(deadline);
  }

  /** Create the request that carries a batch. */
  protected pack(json: string, _entries: readonly Entry[]): Message | Promise<Message> {
    return { body: json };
  }

  /** Count the events as dropped, and call `onError`; once per code if nothing is lost. Never rejects. */
  protected async reportDropped(error: AnalyticsError, dropped: readonly EventPayload[] = []): Promise<void> {
    this.#counts.dropped += dropped.length;
    const { onError } = this.settings;
    const isNew = this.#reported.size < this.#reported.add(error.code).size;
    try {
      if (onError && (isNew || dropped.length)) await onError(error, dropped);
      else if (isNew) console.warn("Acme:", error);
    } catch {
      // an error in the app's `onError` must not become an unhandled rejection
    }
  }

  #enqueue(entry: Entry, whenFull: WhenFull): void {
    this.queue.add(entry, whenFull);
    this.settings.platform?.accepted?.(entry);
  }

  /** Settle those events that are not settled yet. */
  #settle(entries: readonly Entry[], verdict: Verdict): void {
    const error = verdict instanceof AnalyticsError ? verdict : undefined;
    const settled = entries.filter((entry) => this.queue.release(entry));
    for (const entry of settled) {
      entry.settle(error);
      this.settings.platform?.settled?.(entry);
    }
    if (!error) this.#counts[verdict as "created" | "duplicate"] += settled.length;
    else if (settled.length) void this.reportDropped(error, settled.map(payloadOf));
  }
}

export function closed(): ClosedError {
  return new ClosedError("closed", "The client is closed.");
}

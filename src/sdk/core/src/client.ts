import type { EventList } from "./api.gen.ts";
import { Delivery, settleEach, type Verdict } from "./delivery.ts";
import { type Entry, entryFrom, entryOf } from "./entry.ts";
import { AnalyticsError, asAnalyticsError, ClosedError } from "./errors.ts";
import { Http } from "./http.ts";
import {
  type AnalyticsClientOptions,
  DEFAULTS,
  type ReadOptions,
  type Settings,
  type TrackOptions,
} from "./options.ts";
import { pages } from "./pages.ts";
import { Queue } from "./queue.ts";
import { type Query, searchOf } from "./query.ts";
import type { QueuedEvent, RuntimeHost } from "./runtime.ts";
import type {
  AnyEvents,
  Caller,
  Event,
  EventFilters,
  EventPayload,
  EventTypeList,
  EventTypesParams,
  MetricsParams,
  MetricsSummary,
} from "./types.ts";

/** What became of the events so far. */
export interface ClientStats {
  /** Accepted and not settled yet. */
  readonly queued: number;
  /** Stored. */
  readonly created: number;
  /** Stored before, by an earlier try or another sender. */
  readonly duplicates: number;
  /** Given up: refused by the API, no room, or not delivered in time. Each was reported to `onError`. */
  readonly dropped: number;
}

/**
 * Sends events and reads events and metrics back.
 *
 * Making one does nothing yet: no request, no timer. Keep one per app; see the README for serverless.
 */
export class AnalyticsClient<Events extends object = AnyEvents> {
  readonly #settings: Settings;
  readonly #http: Http;
  readonly #queue: Queue;
  readonly #delivery: Delivery;
  readonly #counts = { created: 0, duplicates: 0, dropped: 0 };
  readonly #warned = new Set<string>();
  readonly #atExit = (): void => void this.close();
  #closing: Promise<void> | undefined;
  #isInUse = false;
  #isHeld = false;

  constructor(options: AnalyticsClientOptions) {
    this.#settings = { ...DEFAULTS, ...defined(options), baseUrl: options.baseUrl.replace(/\/+$/, "") };
    this.#http = new Http(this.#settings);
    this.#delivery = new Delivery(this.#http, this.#settings, (entry, verdict) =>
      this.#settle(entry, verdict),
    );
    this.#queue = new Queue(this.#settings, (batch) => this.#delivery.send(batch));
    this.#settings.runtime?.attach(this.#host());
  }

  /** What became of the events so far. */
  get stats(): ClientStats {
    return { queued: this.#queue.size, ...this.#counts };
  }

  /**
   * Takes an event. The promise resolves when the event is durable, and rejects when it was finally
   * refused; a caller may also leave it alone: nothing is thrown into the page or the process then.
   */
  trackEvent(event: EventPayload<Events>, options: TrackOptions = {}): Promise<void> {
    let entry: Entry;
    try {
      entry = entryOf(event as EventPayload);
      this.#accept(entry, options);
    } catch (error) {
      return this.#refuse(asAnalyticsError(error), event as EventPayload);
    }
    return entry.promise;
  }

  /**
   * Takes events as `trackEvent` does, no faster than the queue has room for them. Resolves when all are
   * durable; rejects with the first refusal, when all are settled.
   */
  async trackEvents(events: Iterable<EventPayload<Events>>, options: TrackOptions = {}): Promise<void> {
    const calls: Promise<void>[] = [];
    for (const event of events) {
      calls.push(this.trackEvent(event, options));
      const room = this.#queue.room();
      if (room) await room;
    }
    this.#queue.seal();
    const refusal = (await Promise.allSettled(calls)).find(({ status }) => status === "rejected");
    if (refusal) throw (refusal as PromiseRejectedResult).reason;
  }

  /** The events that match, newest first; pages are fetched as they are needed, one ahead. */
  getEvents(filters: EventFilters = {}, options: ReadOptions = {}): AsyncGenerator<Event, void, undefined> {
    return pages((cursor, signal) => this.listEvents(filters, { cursor, signal }), options.signal);
  }

  /** One page of the events that match; only a null `next_cursor` ends the listing. */
  listEvents(
    filters: EventFilters = {},
    { cursor, signal }: ReadOptions & { readonly cursor?: string | undefined } = {},
  ): Promise<EventList> {
    return this.#get("/api/v1/events", { ...filters, cursor }, signal);
  }

  /** Daily values and totals of the metrics. */
  getMetricsSummary(params: MetricsParams = {}, { signal }: ReadOptions = {}): Promise<MetricsSummary> {
    return this.#get("/api/v1/metrics/summary", { ...params }, signal);
  }

  /** The event types seen in the range with their counts, most frequent first. */
  getEventTypes(params: EventTypesParams = {}, { signal }: ReadOptions = {}): Promise<EventTypeList> {
    return this.#get("/api/v1/event-types", { ...params }, signal);
  }

  /** Who the credential stands for: the user or key, its organisation, role, scopes, all organisations. */
  getCaller({ signal }: ReadOptions = {}): Promise<Caller> {
    return this.#get("/api/v1/me", {}, signal);
  }

  /** Resolves when every event accepted before the call is settled, on its way or not. Never rejects. */
  flush(): Promise<void> {
    return this.#queue.flush();
  }

  /**
   * Takes no more events and delivers those there are; what is left after `timeoutMs` is reported as lost.
   * Never rejects.
   */
  close({ timeoutMs = 30_000 }: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  async #close(timeoutMs: number): Promise<void> {
    const deadline = setTimeout(() => {
      const error = new ClosedError("closed", `Not delivered within ${timeoutMs} ms of close().`);
      this.#http.stop(error);
      for (const entry of this.#queue.unsettled()) this.#settle(entry, error);
    }, timeoutMs);
    await this.flush();
    clearTimeout(deadline);
    this.#http.stop(new ClosedError("closed", "The client is closed."));
    this.#settings.runtime?.detach();
    process()?.removeListener?.("beforeExit", this.#atExit);
  }

  #accept(entry: Entry, { whenFull = this.#settings.whenFull }: TrackOptions): void {
    if (this.#closing) throw new ClosedError("closed", "The client is closed.");
    this.#queue.add(entry, whenFull);
    this.#settings.runtime?.accepted?.(entry);
    if (!this.#isInUse) process()?.once?.("beforeExit", this.#atExit);
    this.#isInUse = true;
    if (this.#settings.waitUntil && !this.#isHeld) this.#settings.waitUntil(this.#hold());
  }

  /** Delivers at once, as long as there is something to deliver. */
  async #hold(): Promise<void> {
    this.#isHeld = true;
    await Promise.resolve(); // what is tracked in one go travels together
    do await this.flush();
    while (this.#queue.size);
    this.#isHeld = false;
  }

  #refuse(error: AnalyticsError, event: EventPayload): Promise<never> {
    this.#lose(error, [event]);
    const refusal = Promise.reject(error);
    refusal.catch(() => {}); // as for an accepted event
    return refusal;
  }

  #settle(entry: Entry, verdict: Verdict): void {
    if (entry.isSettled) return;
    const isLost = verdict instanceof AnalyticsError;
    entry.settle(isLost ? verdict : undefined);
    this.#queue.release(entry);
    this.#settings.runtime?.settled?.(entry);
    if (isLost) this.#lose(verdict, [payloadOf(entry)]);
    else this.#counts[verdict === "created" ? "created" : "duplicates"]++;
  }

  #lose(error: AnalyticsError, lost: readonly EventPayload[]): void {
    this.#counts.dropped += lost.length;
    const { onError } = this.#settings;
    try {
      if (onError) return onError(error, lost);
    } catch {
      return; // the app's own affair, but not ours to throw
    }
    if (!this.#warned.has(error.code)) console.warn("@acme/analytics-sdk:", error);
    this.#warned.add(error.code);
  }

  #get<T>(path: string, query: Query, signal: AbortSignal | undefined): Promise<T> {
    const { readAttempts, retryForMs } = this.#settings;
    return this.#http.send<T>({
      method: "GET",
      path: path + searchOf(query),
      signal,
      attempts: readAttempts,
      retryForMs,
    }) as Promise<T>;
  }

  #host(): RuntimeHost {
    const { apiKey, baseUrl, id = apiKey } = this.#settings;
    return {
      scope: id === undefined ? undefined : `${baseUrl} ${apiKey ?? ""} ${id}`,
      baseUrl,
      credential: () => this.#http.credential(),
      unsettled: () => this.#queue.unsettled(),
      restore: (events) => {
        for (const event of events) this.#queue.add(entryFrom(event), "wait");
      },
      settle: (events, results) =>
        settleEach(events as readonly Entry[], results, (entry, verdict) => this.#settle(entry, verdict)),
      pause: () => this.#http.gate.pause(),
      resume: () => this.#http.gate.resume(),
      report: (error, lost = []) => this.#lose(error, lost.map(payloadOf)),
    };
  }
}

function payloadOf(event: QueuedEvent): EventPayload {
  return JSON.parse(event.json) as EventPayload;
}

/** Options that were set to undefined are not set. */
function defined(options: AnalyticsClientOptions): AnalyticsClientOptions {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as unknown as AnalyticsClientOptions;
}

interface ProcessEvents {
  once?(event: "beforeExit", listener: () => void): void;
  removeListener?(event: "beforeExit", listener: () => void): void;
}

/** Node's process where there is one; asked for by no name that bundlers would replace. */
function process(): ProcessEvents | undefined {
  return (globalThis as { process?: ProcessEvents }).process;
}

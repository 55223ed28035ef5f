import type { EventList } from "./api.gen.ts";
import { Clock } from "./clock.ts";
import type { Entry } from "./entry.ts";
import { AnalyticsError, type ApiError, ClosedError } from "./errors.ts";
import { canGzip, gzip } from "./gzip.ts";
import type { Message } from "./http.ts";
import type { AnalyticsClientOptions, ReadOptions, TrackOptions } from "./options.ts";
import { pages } from "./pages.ts";
import { type Deliverer, deliverBeforeExit, deliverOnSignal } from "./process.ts";
import { type Query, searchOf } from "./query.ts";
import { Reads } from "./reads.ts";
import { statusError } from "./status-errors.ts";
import { awaited, optional } from "./timers.ts";
import { closed, Tracker } from "./tracker.ts";
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

/** Smaller bodies are better off without compression. */
const GZIP_FROM_BYTES = 1024;
/** The API passes over larger numbers. */
const DROPPED_MAX = 999_999;

/**
 * Sends events and reads events and metrics back. On servers, events go out before the process ends, or
 * before a function is frozen.
 *
 * Making one does nothing yet: no request, no timer. Keep one per app; see the README for serverless.
 */
export class AnalyticsClient<Events extends object = AnyEvents> extends Tracker<Events> {
  readonly #ending: Deliverer = {
    queue: this.parts.queue,
    deliver: () => this.finish(exiting()),
  };
  #reads: Reads | undefined;
  #isHeld = false;
  #toldDropped = 0;
  /** The events whose message tells of drops, until they are settled. */
  #telling: readonly Entry[] | undefined;

  readonly #clock: Clock;

  constructor(options: AnalyticsClientOptions) {
    const clock = new Clock(options.fetch);
    super({ ...options, fetch: clock.fetch });
    this.#clock = clock;
  }

  override flush(): Promise<void> {
    return this.parts.settings.runtime?.flush?.() ?? super.flush();
  }

  override trackEvent(event: EventPayload<Events>, options?: TrackOptions): Promise<void> {
    const tracked = super.trackEvent(this.#clock.stamped(event), options);
    const { flushOnSignal, waitUntil } = this.parts.settings;
    deliverBeforeExit(this.#ending);
    if (flushOnSignal) deliverOnSignal();
    if (waitUntil && !this.#isHeld) void this.#holdBy(waitUntil);
    return tracked;
  }

  /**
   * Takes events as `trackEvent` does, no faster than the queue has room for them. Resolves when all are
   * durable; rejects with the first refusal, when all are settled.
   */
  trackEvents(events: Iterable<EventPayload<Events>>, options?: TrackOptions): Promise<void> {
    return optional(awaited(this.#trackAll(events, options)));
  }

  async #trackAll(events: Iterable<EventPayload<Events>>, options?: TrackOptions): Promise<void> {
    const { queue } = this.parts;
    const calls: Promise<void>[] = [];
    let settled = 0;
    for (const event of events) {
      calls.push(this.trackEvent(event, options));
      while (queue.isFull() && settled < calls.length) await calls[settled++]!.catch(() => {});
    }
    queue.seal();
    await Promise.allSettled(calls);
    await Promise.all(calls);
  }

  /** The events that match, newest first; pages are fetched as they are needed, one ahead. */
  getEvents(filters: EventFilters = {}, options: ReadOptions = {}): AsyncGenerator<Event, void, undefined> {
    return pages(
      (cursor, signal) => this.listEvents(filters, { ...options, cursor, signal }),
      options.signal,
    );
  }

  /** One page of the events that match; only a null `next_cursor` ends the listing. */
  listEvents(
    filters: EventFilters = {},
    { cursor, ...options }: ReadOptions & { readonly cursor?: string | undefined } = {},
  ): Promise<EventList> {
    return this.#get("/api/v1/events", { ...filters, cursor }, options);
  }

  /** Daily values and totals of the metrics. */
  getMetricsSummary(params: MetricsParams = {}, options: ReadOptions = {}): Promise<MetricsSummary> {
    return this.#get("/api/v1/metrics/summary", { ...params }, options);
  }

  /** The event types seen in the range with their counts, most frequent first. */
  getEventTypes(params: EventTypesParams = {}, options: ReadOptions = {}): Promise<EventTypeList> {
    return this.#get("/api/v1/event-types", { ...params }, options);
  }

  /** Who the credential stands for: the user or key, its organisation, role, scopes, all organisations. */
  getCaller(options: ReadOptions = {}): Promise<Caller> {
    return this.#get("/api/v1/me", {}, options);
  }

  protected override async pack(json: string, entries: readonly Entry[]): Promise<Message> {
    const isLarge = json.length >= (this.parts.settings.gzipFromBytes ?? GZIP_FROM_BYTES);
    const headers = this.#tellDropped(entries);
    if (!isLarge || !canGzip()) return { body: json, headers };
    return { body: await gzip(json), headers: { ...headers, "Content-Encoding": "gzip" } };
  }

  protected override errorOf(...answer: ConstructorParameters<typeof ApiError>): ApiError {
    return statusError(...answer);
  }

  /**
   * Tells the API of the events given up since it last heard of some. One batch at a time does; when it is
   * sent in halves, its first half does, for the message as a whole was refused.
   */
  #tellDropped(entries: readonly Entry[]): Readonly<Record<string, string>> {
    const dropped = Math.min(this.stats.dropped - this.#toldDropped, DROPPED_MAX);
    if (!dropped || (this.#telling && this.#telling[0] !== entries[0])) return {};
    this.#telling = entries;
    void this.#hear(entries, dropped);
    return { "X-Analytics-Dropped": String(dropped) };
  }

  /** The API has heard when one of the message's events is stored; else the next message tells again. */
  async #hear(entries: readonly Entry[], dropped: number): Promise<void> {
    const isStored = await Promise.any(entries.map(({ promise }) => promise)).then(
      () => true,
      () => false,
    );
    if (this.#telling !== entries) return; // its first half tells
    this.#telling = undefined;
    if (isStored) this.#toldDropped += dropped;
  }

  /** Where nothing can be held, as outside a request, what is tracked goes out all the same. */
  async #holdBy(waitUntil: (delivery: Promise<void>) => unknown): Promise<void> {
    try {
      await waitUntil(this.#hold());
    } catch (cause) {
      this.parts.lose(new AnalyticsError("not_held", "waitUntil failed.", { cause }), []);
    }
  }

  /** Delivers at once, as long as there is something to deliver. */
  async #hold(): Promise<void> {
    this.#isHeld = true;
    await Promise.resolve(); // what is tracked in one go travels together
    this.#isHeld = false;
    await this.flush();
  }

  #get<T>(path: string, query: Query, options: ReadOptions): Promise<T> {
    return optional(awaited(this.#read<T>(path + searchOf(query), options)));
  }

  async #read<T>(path: string, options: ReadOptions): Promise<T> {
    if (this.closing) throw closed();
    const { runtime } = this.parts.settings;
    this.#reads = (runtime?.isRequestBound ? undefined : this.#reads) ?? new Reads(this.parts);
    return this.#reads.get<T>(path, options);
  }
}

function exiting(): ClosedError {
  return new ClosedError("exiting", "The process ends.");
}

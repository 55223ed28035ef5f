import type { EventList } from "./api.gen.ts";
import { AnalyticsError, ClosedError } from "./errors.ts";
import { Clock } from "./events/clock.ts";
import type { Entry } from "./events/entry.ts";
import type { AnalyticsClientOptions, ReadOptions, TrackOptions } from "./options.ts";
import { statusError } from "./status-errors.ts";
import { closed, Tracker } from "./tracker.ts";
import { canGzip, gzip } from "./transport/gzip.ts";
import type { Message } from "./transport/http.ts";
import { pages } from "./transport/pages.ts";
import { type Query, searchOf } from "./transport/query.ts";
import { Reads } from "./transport/reads.ts";
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
import { type Deliverer, deliverBeforeExit, deliverOnSignal } from "./util/process.ts";
import { keptAlive } from "./util/awaited-promise.ts";
import { awaited, optional } from "./util/timers.ts";

const enum Policy {
  /** The API ignores larger numbers. */
  DroppedMax = 999_999,
}

/**
 * A client that sends events and reads events and metrics. On servers, events are delivered before the process ends
 * or a function is frozen.
 *
 * The constructor sends no request and starts no timer. Keep one client per app. The README describes serverless
 * platforms.
 */
export class AnalyticsClient<Events extends object = AnyEvents> extends Tracker<Events> {
  readonly #ending: Deliverer = {
    unsettled: this.queue.unsettled,
    deliver: () => this.finish(new ClosedError("exiting", "The process ends.")),
  };
  #reads: Reads | undefined;
  #isDelivering = false;
  #reportedDropped = 0;
  /** The first event of the message that reports drops to the API. */
  #reporting: Entry | undefined;

  constructor(options: AnalyticsClientOptions) {
    const clock = new Clock(options.fetch);
    super({ ...options, fetch: clock.fetch }, statusError);
    this.timeAt = clock.timeAt;
  }

  override trackEvent(event: EventPayload<Events>, options?: TrackOptions): Promise<void> {
    const tracked = super.trackEvent(event, options);
    const { flushOnSignal, waitUntil } = this.settings;
    deliverBeforeExit(this.#ending);
    if (flushOnSignal) deliverOnSignal();
    if (waitUntil && !this.#isDelivering) void this.#deliverWithin(waitUntil);
    return keptAlive(tracked);
  }

  /**
   * Track events like `trackEvent`, but pause while the queue is full. Resolves when all events are durable. If any
   * event fails, rejects with the first error once all events are settled.
   */
  trackEvents(events: Iterable<EventPayload<Events>>, options?: TrackOptions): Promise<void> {
    return optional(awaited(this.#trackAll(events, options)));
  }

  async #trackAll(events: Iterable<EventPayload<Events>>, options?: TrackOptions): Promise<void> {
    const calls: Promise<void>[] = [];
    let settled = 0;
    for (const event of events) {
      calls.push(this.trackEvent(event, options));
      while (this.queue.isFull() && settled < calls.length) await calls[settled++]!.catch(() => {});
    }
    this.queue.seal();
    await Promise.allSettled(calls);
    await Promise.all(calls);
  }

  /** Iterate over the matching events, newest first. Pages are fetched on demand, one page ahead. */
  getEvents(filters?: EventFilters, options: ReadOptions = {}): AsyncGenerator<Event, void, undefined> {
    return pages(
      (cursor, signal) => this.listEvents(filters, { ...options, cursor, signal }),
      options.signal,
    );
  }

  /** Return one page of the matching events. On the last page, `next_cursor` is null. */
  listEvents(
    filters?: EventFilters,
    { cursor, ...options }: ReadOptions & { readonly cursor?: string | undefined } = {},
  ): Promise<EventList> {
    return this.#get("/api/v1/events", { ...filters, cursor }, options);
  }

  /** Return daily values and totals of the metrics. */
  getMetricsSummary(params?: MetricsParams, options: ReadOptions = {}): Promise<MetricsSummary> {
    return this.#get("/api/v1/metrics/summary", { ...params }, options);
  }

  /** Return the event types in the range with their counts, most frequent first. */
  getEventTypes(params?: EventTypesParams, options: ReadOptions = {}): Promise<EventTypeList> {
    return this.#get("/api/v1/event-types", { ...params }, options);
  }

  /** Return the user or key of the credential, with its organisation, role, scopes and all organisations. */
  getCaller(options: ReadOptions = {}): Promise<Caller> {
    return this.#get("/api/v1/me", {}, options);
  }

  protected override async pack(json: string, entries: readonly Entry[]): Promise<Message> {
    const report = this.#droppedReport(entries);
    if (json.length < this.settings.gzipFromBytes || !canGzip()) return { body: json, ...report };
    const headers = { ...report.headers, "Content-Encoding": "gzip" };
    return { body: await gzip(json), ...report, headers };
  }

  /** Return the object that sends reads. The client for Workers creates one for each call. */
  protected reads(): Reads {
    return (this.#reads ??= new Reads(this.settings, this.http));
  }

  /**
   * Report the number of events dropped since the last report to the API. Only one message at a time carries the
   * report. If that message is rejected and sent in halves, the first half carries it.
   */
  #droppedReport(entries: readonly Entry[]): Pick<Message, "headers" | "accepted"> {
    const dropped = Math.min(this.stats.dropped - this.#reportedDropped, Policy.DroppedMax);
    const isReporting = this.#reporting !== entries[0] && this.queue.unsettled.has(this.#reporting!);
    if (!dropped || isReporting) return {};
    this.#reporting = entries[0];
    return {
      headers: { "X-Analytics-Dropped": String(dropped) },
      accepted: () => (this.#reportedDropped += dropped),
    };
  }

  /** Keep the function alive for the delivery. If that is impossible, as outside a request, events are sent anyway. */
  async #deliverWithin(waitUntil: (delivery: Promise<void>) => unknown): Promise<void> {
    try {
      await waitUntil(this.#deliver());
    } catch (cause) {
      void this.reportDropped(new AnalyticsError("not_held", "waitUntil failed.", { cause }));
    }
  }

  async #deliver(): Promise<void> {
    this.#isDelivering = true;
    await Promise.resolve(); // events that are tracked together are sent together
    this.#isDelivering = false;
    await this.flush();
  }

  #get<T>(path: string, query: Query, options: ReadOptions): Promise<T> {
    const response = this.closing
      ? Promise.reject(closed())
      : this.reads().get<T>(path + searchOf(query), options);
    return optional(awaited(response));
  }
}

import { deliver, type Verdict } from "./delivery.ts";
import { type Entry, entryOf, payloadOf } from "./entry.ts";
import { AnalyticsError, ApiError, asAnalyticsError, ClosedError } from "./errors.ts";
import { Http, type Message } from "./http.ts";
import { type AnalyticsClientOptions, DEFAULTS, type TrackOptions } from "./options.ts";
import { Queue } from "./queue.ts";
import type { ClientParts } from "./runtime.ts";
import { awaited, optional } from "./timers.ts";
import type { AnyEvents, EventPayload } from "./types.ts";

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
 * Sends events, and reads nothing: what a page needs that only tracks. `AnalyticsClient` adds reading,
 * and what servers need: a Node process ends without waiting for a tracker that is not closed.
 *
 * Making one does nothing yet: no request, no timer. Keep one per app.
 */
export class Tracker<Events extends object = AnyEvents> {
  protected readonly parts: ClientParts;
  readonly #counts = { created: 0, duplicates: 0, dropped: 0 };
  readonly #warned = new Set<string>();
  protected closing: Promise<void> | undefined;

  constructor(options: AnalyticsClientOptions) {
    const settings = {
      ...DEFAULTS,
      ...options.runtime?.defaults,
      ...defined(options),
      baseUrl: options.baseUrl.replace(/\/+$/, ""),
    };
    this.parts = {
      settings,
      http: new Http(settings, (...answer) => this.errorOf(...answer)),
      queue: new Queue(settings, (batch) => deliver(batch, this.parts)),
      pack: (json, entries) => this.pack(json, entries),
      settle: (entry, verdict) => this.#settle(entry, verdict),
      lose: (error, lost) => void this.#lose(error, lost),
    };
    settings.runtime?.attach(this.parts);
  }

  /** What became of the events so far. */
  get stats(): ClientStats {
    return { queued: this.parts.queue.unsettled.size, ...this.#counts };
  }

  /**
   * Takes an event. The promise resolves when the event is durable, and rejects when it was finally
   * refused; a caller may also leave it alone: nothing is thrown into the page or the process then.
   */
  trackEvent(event: EventPayload<Events>, options?: TrackOptions): Promise<void> {
    const { queue, settings } = this.parts;
    try {
      if (this.closing) throw closed();
      const entry = entryOf(event as EventPayload);
      queue.add(entry, options?.whenFull ?? settings.whenFull);
      settings.runtime?.accepted?.(entry);
      return entry.promise;
    } catch (cause) {
      const error = asAnalyticsError(cause);
      void this.#lose(error, [event as EventPayload]);
      return optional(Promise.reject(error));
    }
  }

  /** Resolves when every event accepted before the call is settled, on its way or not. Never rejects. */
  flush(): Promise<void> {
    return awaited(this.parts.queue.flush());
  }

  /**
   * Takes no more events and delivers the queued ones. Reports the events that are left after `timeoutMs`
   * (by default `exitTimeoutMs`) as lost. Never rejects.
   */
  close({ timeoutMs }: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.closing ??= this.#end(timeoutMs);
    return this.closing;
  }

  /**
   * Delivers the queued events. Those that are left after `timeoutMs` are reported as lost, with this error,
   * and requests still on their way are aborted.
   */
  protected async finish(
    error: ClosedError,
    timeoutMs: number = this.parts.settings.exitTimeoutMs,
  ): Promise<void> {
    const { queue } = this.parts;
    const end = (): void => {
      this.parts.http.stop(error);
      const left = [...queue.unsettled]; // onError may track more
      for (const entry of left) this.#settle(entry, error);
    };
    const deadline = setTimeout(end, timeoutMs);
    await this.flush();
    clearTimeout(deadline);
  }

  /** A batch as a request's body; small ones are better off without compression. */
  protected pack(json: string, _entries: readonly Entry[]): Message | Promise<Message> {
    return { body: json };
  }

  /** The error for an answer of the API. */
  protected errorOf(...answer: ConstructorParameters<typeof ApiError>): ApiError {
    return new ApiError(...answer);
  }

  async #end(timeoutMs?: number): Promise<void> {
    await this.finish(closed(), timeoutMs);
    this.parts.http.stop(closed());
    this.parts.settings.runtime?.detach();
  }

  #settle(entry: Entry, verdict: Verdict): void {
    if (!this.parts.queue.release(entry)) return;
    const isLost = verdict instanceof AnalyticsError;
    entry.settle(isLost ? verdict : undefined);
    this.parts.settings.runtime?.settled?.(entry);
    if (isLost) void this.#lose(verdict, [payloadOf(entry)]);
    else this.#counts[verdict === "created" ? "created" : "duplicates"]++;
  }

  async #lose(error: AnalyticsError, lost: readonly EventPayload[]): Promise<void> {
    this.#counts.dropped += lost.length;
    const { onError } = this.parts.settings;
    try {
      if (onError) return void (await onError(error, lost));
    } catch {
      return; // the app's own affair, but not ours to throw
    }
    if (!this.#warned.has(error.code)) console.warn("@acme/analytics-sdk:", error);
    this.#warned.add(error.code);
  }
}

export function closed(): ClosedError {
  return new ClosedError("closed", "The client is closed.");
}

/** Options that were set to undefined are not set. */
function defined(options: AnalyticsClientOptions): AnalyticsClientOptions {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as unknown as AnalyticsClientOptions;
}

import { deliver, type Verdict } from "./delivery.ts";
import { type Entry, entryOf, payloadOf } from "./entry.ts";
import { AnalyticsError, ApiError, asAnalyticsError, ClosedError } from "./errors.ts";
import { Http, type Message } from "./http.ts";
import { type AnalyticsClientOptions, DEFAULTS, type TrackOptions } from "./options.ts";
import { Queue } from "./queue.ts";
import type { ClientParts } from "./runtime.ts";
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
  #closing: Promise<void> | undefined;

  constructor(options: AnalyticsClientOptions) {
    const settings = { ...DEFAULTS, ...defined(options), baseUrl: options.baseUrl.replace(/\/+$/, "") };
    this.parts = {
      settings,
      http: new Http(settings, (...answer) => this.errorOf(...answer)),
      queue: new Queue(settings, (batch) => deliver(batch, this.parts)),
      pack: (json, entries) => this.pack(json, entries),
      settle: (entry, verdict) => this.#settle(entry, verdict),
      lose: (error, lost) => this.#lose(error, lost),
    };
    settings.runtime?.attach(this.parts);
  }

  /** What became of the events so far. */
  get stats(): ClientStats {
    return { queued: this.parts.queue.size, ...this.#counts };
  }

  /**
   * Takes an event. The promise resolves when the event is durable, and rejects when it was finally
   * refused; a caller may also leave it alone: nothing is thrown into the page or the process then.
   */
  trackEvent(event: EventPayload<Events>, { whenFull }: TrackOptions = {}): Promise<void> {
    const { queue, settings } = this.parts;
    try {
      if (this.#closing) throw closed();
      const entry = entryOf(event as EventPayload);
      queue.add(entry, whenFull ?? settings.whenFull);
      settings.runtime?.accepted?.(entry);
      return entry.promise;
    } catch (cause) {
      const error = asAnalyticsError(cause);
      this.#lose(error, [event as EventPayload]);
      const refusal = Promise.reject(error);
      refusal.catch(() => {}); // as for an accepted event
      return refusal;
    }
  }

  /** Resolves when every event accepted before the call is settled, on its way or not. Never rejects. */
  flush(): Promise<void> {
    return this.parts.queue.flush();
  }

  /**
   * Takes no more events and delivers those there are; what is left after `timeoutMs` is reported as lost.
   * Never rejects.
   */
  close({ timeoutMs = 30_000 }: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  /** A batch as a request's body; small ones are better off without compression. */
  protected pack(json: string, _entries: readonly Entry[]): Message | Promise<Message> {
    return { body: json };
  }

  /** The error for an answer of the API. */
  protected errorOf(...answer: ConstructorParameters<typeof ApiError>): ApiError {
    return new ApiError(...answer);
  }

  async #close(timeoutMs: number): Promise<void> {
    const { http, queue, settings } = this.parts;
    const end = (): void => {
      const error = closed();
      http.stop(error);
      for (const entry of queue.unsettled()) this.#settle(entry, error);
    };
    const deadline = setTimeout(end, timeoutMs);
    await this.flush();
    clearTimeout(deadline);
    end();
    settings.runtime?.detach();
  }

  #settle(entry: Entry, verdict: Verdict): void {
    if (entry.isSettled) return;
    const isLost = verdict instanceof AnalyticsError;
    entry.settle(isLost ? verdict : undefined);
    this.parts.queue.release(entry);
    this.parts.settings.runtime?.settled?.(entry);
    if (isLost) this.#lose(verdict, [payloadOf(entry)]);
    else this.#counts[verdict === "created" ? "created" : "duplicates"]++;
  }

  #lose(error: AnalyticsError, lost: readonly EventPayload[]): void {
    this.#counts.dropped += lost.length;
    const { onError } = this.parts.settings;
    try {
      if (onError) return onError(error, lost);
    } catch {
      return; // the app's own affair, but not ours to throw
    }
    if (!this.#warned.has(error.code)) console.warn("@acme/analytics-sdk:", error);
    this.#warned.add(error.code);
  }
}

function closed(): ClosedError {
  return new ClosedError("closed", "The client is closed: the event is dropped.");
}

/** Options that were set to undefined are not set. */
function defined(options: AnalyticsClientOptions): AnalyticsClientOptions {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as unknown as AnalyticsClientOptions;
}

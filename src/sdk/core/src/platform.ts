import type { IngestResponse } from "./api.gen.ts";
import type { AnalyticsError } from "./errors.ts";
import type { EventPayload } from "./types.ts";

/** A tracked event that is neither stored nor dropped, as the JSON that is sent. */
export interface UnsettledEvent {
  readonly json: string;
}

/** The part of a client that its platform uses. */
export interface PlatformHost {
  readonly settings: {
    readonly apiKey?: string | undefined;
    readonly baseUrl: string;
    readonly fetch?: typeof fetch | undefined;
    readonly id?: string | undefined;
  };
  readonly queue: {
    /** The unsettled events, in the order of the calls. */
    readonly unsettled: Iterable<UnsettledEvent>;
    /** Settle events that the platform has sent, each with its own result. */
    settleEach(events: readonly UnsettledEvent[], response: IngestResponse): void;
  };
  readonly http: {
    /** Send waiting requests immediately and skip the rest of a back-off. */
    readonly limiter: { resume(): void };
    /** The last access token, which may have expired. */
    readonly tokens: { readonly last?: string | undefined };
  };
  /** Queue an event of an earlier page, given as JSON. */
  enqueue(json: string): void;
  /** Report a problem, and the events that it lost. */
  report(error: AnalyticsError, lost?: readonly EventPayload[]): void;
}

/** An extension of a client that stores unsent events and delivers events when the user leaves the page. */
export interface Platform {
  /** Settings that suit the platform, unless the client's options set others. */
  readonly defaults?: { readonly retryForMs?: number };
  /** Called once, when the client is created. */
  attach(host: PlatformHost): void;
  /** Called when an event was queued. */
  accepted?(event: UnsettledEvent): void;
  /** Called when an event was stored or dropped. */
  settled?(event: UnsettledEvent): void;
  /** Called when a request to this path got a response, whatever its status. */
  responded?(path: string): void;
  /** Return how long to wait after a request to this path got no response; undefined for the usual back-off. */
  backoffMs?(path: string): number | undefined;
  /** Return a more precise error for a failed request to this path, if the platform can find one. */
  explain?(path: string, error: unknown): Promise<AnalyticsError | undefined>;
  /** Called once, when the client is closed. */
  detach(): void;
}

import type { EventOutcome } from "./api.gen.ts";
import type { AnalyticsError } from "./errors.ts";

/** An accepted event as it is sent: its identity, and its JSON. */
export interface QueuedEvent {
  readonly id: string;
  readonly json: string;
}

/** What a runtime may do with the client it belongs to. */
export interface RuntimeHost {
  /** Where events go and on whose behalf; nothing if nobody can tell: then none may outlive the page. */
  readonly scope: string | undefined;
  readonly baseUrl: string;
  /** What a request without headers can carry to prove who sends it; nothing before a token came. */
  credential(): { readonly api_key: string } | { readonly access_token: string } | undefined;
  /** Everything accepted and not settled, in the order of the calls. */
  unsettled(): readonly QueuedEvent[];
  /** Takes events of an earlier page in; whoever tracked them is gone. */
  restore(events: readonly QueuedEvent[]): void;
  /** Settles events that were delivered outside the client's own requests. */
  settle(events: readonly QueuedEvent[], results: readonly EventOutcome[]): void;
  /** Holds all requests back until `resume`. */
  pause(): void;
  /** Lets requests through at once. */
  resume(): void;
  /** Tells `onError`, and counts the events as dropped. */
  report(error: AnalyticsError, lost?: readonly QueuedEvent[]): void;
}

/** What a platform adds to the client: a place for unsent events, and the life of the page. */
export interface Runtime {
  /** Called once, when the client is made. */
  attach(host: RuntimeHost): void;
  /** An event was accepted. */
  accepted?(event: QueuedEvent): void;
  /** An event was delivered or finally refused. */
  settled?(event: QueuedEvent): void;
  /** How long to wait after so many requests in a row got no answer; nothing: the usual back-off. */
  backoffMs?(failures: number): number | undefined;
  /** Called once, when the client is closed. */
  detach(): void;
}

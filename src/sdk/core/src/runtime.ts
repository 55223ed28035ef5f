import type { Settle } from "./delivery.ts";
import type { Entry } from "./entry.ts";
import type { AnalyticsError } from "./errors.ts";
import type { Http, Message } from "./http.ts";
import type { ClientSettings, Settings } from "./options.ts";
import type { Queue } from "./queue.ts";
import type { EventPayload } from "./types.ts";

/** The working parts of a client, for the runtime that it was given. */
export interface ClientParts {
  readonly settings: Settings;
  readonly http: Http;
  readonly queue: Queue;
  readonly settle: Settle;
  /** A batch as a request's body. */
  readonly pack: (json: string, entries: readonly Entry[]) => Message | Promise<Message>;
  /** Tells `onError`, and counts the events as dropped. */
  readonly lose: (error: AnalyticsError, lost: readonly EventPayload[]) => void;
}

/** What a platform adds to the client: a place for unsent events, and the life of the page. */
export interface Runtime {
  /** Whether no call may use what another has made, as promises and timers end with their request. */
  readonly isRequestBound?: boolean;
  /** Settings that suit the platform, unless the client is given others. */
  readonly defaults?: Partial<ClientSettings>;
  /** Called once, when the client is made. */
  attach(client: ClientParts): void;
  /** An event was accepted. */
  accepted?(entry: Entry): void;
  /** An event was delivered or finally refused. */
  settled?(entry: Entry): void;
  /** Deliver everything unsettled, in place of the client. Never rejects. */
  flush?(): Promise<void>;
  /** A request to this path got an answer, whatever it says. */
  answered?(path: string): void;
  /** How long to wait after a request to this path got no answer; nothing: the usual back-off. */
  backoffMs?(path: string): number | undefined;
  /** Return why a request to this path has failed, where the platform can find out more than the error says. */
  explain?(path: string, error: unknown): Promise<AnalyticsError | undefined>;
  /** Called once, when the client is closed. */
  detach(): void;
}

import type { AnalyticsError } from "./errors.ts";
import type { Platform } from "./platform.ts";
import type { EventPayload } from "./types.ts";

/** An API key: `ak_…` or `rk_…` (only reads) on servers, or `pk_…`, which can only write, anywhere. */
export interface ApiKeyCredential {
  readonly apiKey: string;
  readonly getToken?: undefined;
}

/** Access tokens that the app supplies, for example those of a signed-in user. */
export interface TokenCredential {
  readonly apiKey?: undefined;
  /**
   * Returns the current access token. It is called before every request: `cachedToken` keeps a token until it
   * expires. `refresh` is true when the API has rejected the last one.
   */
  readonly getToken: (options: { readonly refresh: boolean }) => string | Promise<string>;
}

/** What to do with an event for which the queue has no room. */
export type WhenFull = "wait" | "drop";

/** The settings of a client. The defaults fit most apps. */
export interface ClientSettings {
  /** The URL of the API, such as `https://analytics.example.com`. */
  readonly baseUrl: string;
  /**
   * The user and organisation of this client, if `getToken` returns tokens of different users one after another.
   * Events that a page could not deliver are stored under this name, and only a client with the same name sends
   * them. With `getToken` and without `id`, unsent events are not stored.
   */
  readonly id?: string | undefined;
  /**
   * Called with the lost events for every problem that loses events, and with an empty list, once per code, for
   * other problems and the API's warnings. Without it, the client logs to the console: one warning per code, and one
   * per outage, when two attempts in a row have failed.
   */
  readonly onError?: ((error: AnalyticsError, lost: readonly EventPayload[]) => unknown) | undefined;
  /** The number of events in a batch. Default and maximum: 100. */
  readonly maxBatchEvents?: number;
  /** The size of a request in bytes; larger batches are sent in parts. Default: 512 KiB. */
  readonly maxBatchBytes?: number;
  /** How long an event waits for others before they are sent, in milliseconds. Default: 500. */
  readonly maxDelayMs?: number;
  /** The number of unsettled events that fill the queue. Default: 10,000. */
  readonly maxQueueEvents?: number;
  /** The number of bytes of unsettled events that fill the queue. Default: 8 MiB. */
  readonly maxQueueBytes?: number;
  /**
   * What happens to an event when the queue is full. With `wait`, `trackEvents` pauses until there is room, and so
   * do callers who await `trackEvent`. Calls that nobody awaits are dropped beyond twelve times the queue's size.
   * With `drop`, the event is dropped immediately. Dropped events are rejected with `QueueFullError`, counted and
   * reported. A call can override the setting. Default: `wait`.
   */
  readonly whenFull?: WhenFull;
  /** The number of parallel requests. Default: 4. */
  readonly maxInFlight?: number;
  /**
   * How long to wait for a response before a retry, in milliseconds; up to four times as long after failures.
   * Default: 10,000.
   */
  readonly timeoutMs?: number;
  /**
   * How long events are retried, in milliseconds, not counting the time for which the device was asleep.
   * Default: one hour; in a page, as long as the page lives.
   */
  readonly retryForMs?: number;
  /**
   * How long `close` and an ending process wait for delivery, in milliseconds. Events that are not delivered within
   * this time are reported as lost. Default: 5,000.
   */
  readonly exitTimeoutMs?: number;
  /**
   * Whether to deliver queued events within `exitTimeoutMs` when SIGINT or SIGTERM ends the Node process. The signal
   * then ends the process, unless the app has its own listener. Default: false.
   */
  readonly flushOnSignal?: boolean;
  /** The maximum number of attempts of a read within its `timeoutMs`. Default: 4. */
  readonly readAttempts?: number;
  /** The unit of the back-off in milliseconds: random waits of 1 to 2, 2 to 4, 4 to 8, … times this. Default: 500. */
  readonly backoffBaseMs?: number;
  /** The longest wait after a failure in milliseconds, unless `Retry-After` is longer. Default: 30,000. */
  readonly backoffMaxMs?: number;
  /** The minimum size in bytes of bodies to compress, if the platform supports it. Default: 1,024. */
  readonly gzipFromBytes?: number;
  /**
   * A function that keeps a serverless or edge function alive until a promise settles, such as `after` of Next.js or
   * `waitUntil` of the platform. It is called with every delivery.
   */
  readonly waitUntil?: ((delivery: Promise<void>) => unknown) | undefined;
  /** The function that sends requests. Default: the platform's `fetch`. */
  readonly fetch?: typeof fetch;
  /** An extension for the platform: `browser()` of `@acme/analytics-sdk/browser`. */
  readonly platform?: Platform | undefined;
}

export type AnalyticsClientOptions = ClientSettings & (ApiKeyCredential | TokenCredential);

/** Options of `trackEvent` and `trackEvents`. */
export interface TrackOptions {
  /** What happens when the queue is full. Default: the client's setting. */
  readonly whenFull?: WhenFull;
}

/** Options of calls that read. */
export interface ReadOptions {
  /** Aborts the call and its requests. */
  readonly signal?: AbortSignal | undefined;
  /** The time limit in milliseconds, retries included. Default: 10,000. */
  readonly timeoutMs?: number | undefined;
  /** Send immediately and skip the rest of a back-off, as when a user clicks *Try again*. Default: false. */
  readonly immediate?: boolean | undefined;
}

type Defaulted =
  | "maxBatchEvents"
  | "maxBatchBytes"
  | "maxDelayMs"
  | "maxQueueEvents"
  | "maxQueueBytes"
  | "whenFull"
  | "maxInFlight"
  | "timeoutMs"
  | "retryForMs"
  | "exitTimeoutMs"
  | "backoffBaseMs"
  | "backoffMaxMs"
  | "readAttempts"
  | "gzipFromBytes";

type Undefaulted = Exclude<keyof (ClientSettings & TokenCredential), Defaulted>;

/** Every option, with its default if it has one. */
export const DEFAULTS: Readonly<
  Required<Pick<ClientSettings, Defaulted>> & { [Name in Undefaulted]: undefined }
> = {
  baseUrl: undefined,
  id: undefined,
  onError: undefined,
  maxBatchEvents: 100,
  maxBatchBytes: 512 * 1024,
  maxDelayMs: 500,
  maxQueueEvents: 10_000,
  maxQueueBytes: 8 * 1024 * 1024,
  whenFull: "wait",
  maxInFlight: 4,
  timeoutMs: 10_000,
  retryForMs: 3_600_000,
  exitTimeoutMs: 5_000,
  flushOnSignal: undefined,
  readAttempts: 4,
  backoffBaseMs: 500,
  backoffMaxMs: 30_000,
  gzipFromBytes: 1024,
  waitUntil: undefined,
  fetch: undefined,
  platform: undefined,
  apiKey: undefined,
  getToken: undefined,
};

/** Options with all defaults filled in. */
export type Settings = AnalyticsClientOptions & Required<Pick<ClientSettings, Defaulted>>;

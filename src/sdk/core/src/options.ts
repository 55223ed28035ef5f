import type { AnalyticsError } from "./errors.ts";
import type { Runtime } from "./runtime.ts";
import type { EventPayload } from "./types.ts";

/** An API key: `ak_…` on a server; `pk_…`, which can only write, anywhere. */
export interface ApiKeyCredential {
  readonly apiKey: string;
  readonly getToken?: undefined;
}

/** Access tokens that the app supplies, as for a signed-in user. */
export interface TokenCredential {
  readonly apiKey?: undefined;
  /**
   * Gives the current access token; asked before every request, so keep it until it ends.
   * `refresh` is true when the API has refused the last one.
   */
  readonly getToken: (options: { readonly refresh: boolean }) => string | Promise<string>;
}

/** What to do with an event for which the queue has no room. */
export type WhenFull = "wait" | "drop";

/** How the client works. The defaults fit most apps. */
export interface ClientSettings {
  /** Where the API is, such as `https://analytics.example.com`. */
  readonly baseUrl: string;
  /**
   * On whose behalf this client works, where `getToken` serves several people one after another: name
   * the user and the organisation. Events that a page could not deliver are stored under this name and
   * sent by a client of the same name alone; with `getToken` and no name, none is stored.
   */
  readonly id?: string | undefined;
  /**
   * Told of every problem that cost events, with those events, and of trouble worth knowing that cost
   * none. Without it, one warning per kind of problem goes to the console.
   */
  readonly onError?: ((error: AnalyticsError, lost: readonly EventPayload[]) => unknown) | undefined;
  /** Send when so many events have come together. Default and most: 100. */
  readonly maxBatchEvents?: number;
  /** Send larger batches in parts of up to so many bytes. Default: 512 KiB. */
  readonly maxBatchBytes?: number;
  /** Send what has come together after so many milliseconds. Default: 500. */
  readonly maxDelayMs?: number;
  /** How many events may be unsettled before the queue is full. Default: 10,000. */
  readonly maxQueueEvents?: number;
  /** How many bytes of events may be unsettled before the queue is full. Default: 8 MiB. */
  readonly maxQueueBytes?: number;
  /**
   * What happens to an event when the queue is full. With `wait`, `trackEvents` takes no more until there is
   * room, and so do callers of `trackEvent` who await it; calls that nobody awaits are dropped beyond twelve
   * times the queue's size. With `drop` the call is refused at once. What is dropped is refused with
   * `QueueFullError`, counted and reported. A call can choose for itself. Default: `wait`.
   */
  readonly whenFull?: WhenFull;
  /** Requests on their way at the same time. Default: 4. */
  readonly maxInFlight?: number;
  /**
   * Give a request up after so many milliseconds, then retry; up to four times as long after failures.
   * Default: 10,000.
   */
  readonly timeoutMs?: number;
  /**
   * Give events up after retrying for so long, not counting the time for which the device was asleep.
   * Default: one hour; in a page never, as long as the page lives.
   */
  readonly retryForMs?: number;
  /**
   * How long `close`, and a process that ends, wait until everything is delivered. What is left then is
   * reported as lost. Default: 5,000 milliseconds.
   */
  readonly exitTimeoutMs?: number;
  /**
   * Deliver when SIGINT or SIGTERM ends the Node process, within `exitTimeoutMs`. The process then ends by
   * that signal, unless the app listens to it too. Default: false.
   */
  readonly flushOnSignal?: boolean;
  /** How often a read is tried within its `timeoutMs`. Default: 4. */
  readonly readAttempts?: number;
  /** The first wait after a failure is up to so long, and twice as long each time. Default: 500. */
  readonly backoffBaseMs?: number;
  /** The longest wait after a failure, unless the API asks for more. Default: 30,000. */
  readonly backoffMaxMs?: number;
  /** Compress bodies from so many bytes on, where the platform can. Default: 1,024. */
  readonly gzipFromBytes?: number;
  /**
   * Keeps a serverless or edge function alive until a promise settles, such as `after` of Next.js or
   * `waitUntil` of the platform. Every batch is handed to it.
   */
  readonly waitUntil?: ((delivery: Promise<void>) => unknown) | undefined;
  /** Sends the requests. Default: the platform's `fetch`. */
  readonly fetch?: typeof fetch;
  /** What the platform adds: `browser()` of `@acme/analytics-sdk/browser`. */
  readonly runtime?: Runtime | undefined;
}

export type AnalyticsClientOptions = ClientSettings & (ApiKeyCredential | TokenCredential);

/** Choices for one call of `trackEvent` or `trackEvents`. */
export interface TrackOptions {
  /** What to do when the queue is full; by default what the client was told. */
  readonly whenFull?: WhenFull;
}

/** Choices for one call that reads. */
export interface ReadOptions {
  /** Ends the call, and with it the requests on their way. */
  readonly signal?: AbortSignal | undefined;
  /** Give up after so many milliseconds, retries included. Default: 10,000. */
  readonly timeoutMs?: number | undefined;
  /** Send at once, whatever earlier reads wait for, as when a person asks to try again. Default: false. */
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
  | "backoffMaxMs";

export const DEFAULTS: Readonly<Required<Pick<ClientSettings, Defaulted>>> = {
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
  backoffBaseMs: 500,
  backoffMaxMs: 30_000,
};

/** Options with every default filled in. */
export type Settings = AnalyticsClientOptions & typeof DEFAULTS;

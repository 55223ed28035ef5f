import type { AccessToken, Problem } from "../api.gen.ts";
import { ApiError, ClosedError, isRetryable, NetworkError, statusOf } from "../errors.ts";
import type { Settings } from "../options.ts";
import { awakeMs, setUnrefTimeout } from "../util/timers.ts";
import { RequestLimiter } from "./request-limiter.ts";
import { type Issue, Tokens } from "./tokens.ts";

/** The body of a request, and the headers that belong to it. */
export interface Message {
  readonly body: string | ArrayBuffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** Called when the API has accepted the request. */
  readonly accepted?: () => void;
}

export interface Call {
  readonly path: string;
  /** Returns the body of a POST request, for each attempt. If it rejects, nothing is sent. */
  readonly message?: (() => Promise<Message>) | undefined;
  /** Aborts this call; by default, the signal that aborts every call. */
  readonly signal?: AbortSignal | undefined;
}

/** Create the error for a response. */
export type ErrorOf = (...response: ConstructorParameters<typeof ApiError>) => ApiError;

const enum Policy {
  /** A day. */
  RetryAfterMaxMs = 86_400_000,
}

/** Sends requests to the API: limited, authenticated with an access token, and retried while a retry may succeed. */
export class Http {
  declare readonly limiter: RequestLimiter;
  readonly #settings: Settings;
  readonly #errorOf: ErrorOf;
  declare readonly tokens: Tokens;
  #ending: AbortController | undefined; // created on first use: a platform may forbid it in the constructor
  /** The error of the last call that the API rejected with 401. */
  #refusal: unknown;

  constructor(settings: Settings, errorOf: ErrorOf) {
    this.#settings = settings;
    this.#errorOf = errorOf;
    this.limiter = new RequestLimiter(settings);
    this.tokens = new Tokens((refresh) => this.#issue(refresh));
  }

  /** Return the JSON of the response. */
  async send<T>({ path, message: pack, signal = this.ending }: Call): Promise<T> {
    const startedAt = awakeMs();
    const refusal = this.#refusal;
    for (;;) {
      const period = await this.limiter.enter();
      let failure: unknown;
      let waitMs: number | undefined;
      try {
        if (signal.aborted) throw signal.reason;
        // events that waited when the API rejected a new token; later events may belong to another user
        if (pack && this.#refusal !== refusal) throw this.#refusal;
        const message = await pack?.();
        return await this.tokens.authorize((token) => this.#fetch<T>(path, message, token, signal));
      } catch (error) {
        const canRetry = isRetryable(error);
        if (canRetry && !signal.aborted) {
          failure = error;
          waitMs = (error as ApiError).retryAfterMs ?? this.#settings.platform?.backoffMs?.(path);
        }
        // the next batches may fail without requests, and must not block the event loop together
        if (statusOf(error) === 401) {
          if (this.#refusal === refusal) this.#refusal = error;
          await new Promise((resolve) => setTimeout(resolve));
        }
        if (!canRetry || awakeMs() - startedAt >= this.#settings.retryForMs) throw error;
      } finally {
        this.limiter.leave(period, signal.aborted, failure, waitMs);
      }
    }
  }

  /** Abort every call, waiting or in flight. */
  stop(reason: unknown): void {
    this.#ending?.abort(reason);
    this.#ending = undefined;
    this.limiter.resume();
  }

  /** The signal that aborts when `stop` is called. */
  get ending(): AbortSignal {
    return (this.#ending ??= new AbortController()).signal;
  }

  async #issue(refresh: boolean): ReturnType<Issue> {
    const { apiKey, getToken } = this.#settings;
    if (getToken) {
      try {
        return { token: await getToken({ refresh }) };
      } catch (cause) {
        throw new NetworkError("token", `getToken: ${cause as string}`, { cause });
      }
    }
    const issued = await this.#fetch<AccessToken>("/api/v1/auth/token", {
      body: JSON.stringify({ api_key: apiKey }),
    });
    return { token: issued.access_token, lifetimeMs: issued.expires_in * 1000 };
  }

  async #fetch<T>(
    path: string,
    message: Message | undefined,
    token?: string,
    signal = this.ending,
  ): Promise<T> {
    let { baseUrl, platform, fetch: send = fetch, timeoutMs } = this.#settings;
    timeoutMs *= Math.min(4, this.limiter.failures + 1); // for slow networks
    const abort = new AbortController();
    const timer = setUnrefTimeout(
      () => abort.abort(new NetworkError("timeout", `No response in ${timeoutMs} ms.`)),
      timeoutMs,
    );
    signal.addEventListener("abort", () => abort.abort(signal.reason), { signal: abort.signal });
    try {
      const response = await send(baseUrl + path, {
        ...message,
        method: message ? "POST" : "GET",
        headers: {
          ...(message && { "Content-Type": "application/json", ...message.headers }),
          ...(token && { Authorization: "Bearer " + token }),
        },
        signal: abort.signal,
      });
      platform?.responded?.(path);
      if (response.ok) {
        const json = (await response.json()) as T; // throws if the response is from a proxy or a captive portal
        message?.accepted?.();
        return json;
      }
      throw this.#errorOf(
        response.status,
        Object(await response.json().catch(() => {})) as Partial<Problem>,
        retryAfterMs(response.headers),
      );
    } catch (error) {
      if (signal.aborted && message && token)
        throw new ClosedError(
          "outcome_unknown",
          `${signal.reason.message} The event may be stored`,
          signal.reason, // for its cause
        );
      if (abort.signal.aborted) throw abort.signal.reason;
      if (error instanceof ApiError) throw error;
      throw new NetworkError("network", `Can't reach ${baseUrl}.`, { cause: error });
    } finally {
      clearTimeout(timer);
      abort.abort(); // removes the listener
    }
  }
}

function retryAfterMs(headers: Headers): number | undefined {
  const value = headers.get("Retry-After")!;
  const now = Date.parse(headers.get("Date")!) || Date.now(); // the date in Retry-After is by the server's clock
  const ms = +value * 1000 || Date.parse(value) - now;
  if (ms > 0) return Math.min(ms, Policy.RetryAfterMaxMs);
  return undefined;
}

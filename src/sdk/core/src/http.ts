import type { AccessToken, Problem } from "./api.gen.ts";
import { ApiError, isRetryable, NetworkError, statusOf } from "./errors.ts";
import { Gate, type Outcome } from "./gate.ts";
import type { Settings } from "./options.ts";
import { awakeMs, later } from "./timers.ts";
import { type IssuedToken, Tokens } from "./tokens.ts";

/** What a request carries. */
export interface Message {
  readonly body: string | ArrayBuffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How bodies are written. */
export const JSON_TYPE: Readonly<Record<string, string>> = { "Content-Type": "application/json" };

export interface Call {
  readonly path: string;
  /** Makes it a POST. Asked when it is this call's turn, and again for a retry; without one nothing is sent. */
  readonly message?: () => Promise<Message> | undefined;
  /** Ends this call; by default, what ends every call. */
  readonly signal?: AbortSignal | undefined;
  /** How often it is tried at most. */
  readonly attempts?: number;
}

/** The error for an answer's status. */
export type ErrorOf = (...answer: ConstructorParameters<typeof ApiError>) => ApiError;

const RETRY_AFTER_MAX_MS = 24 * 3_600_000;
/** How long `getToken`'s tokens are kept: they are asked for before every request. */
const NOT_KEPT_MS = 0;

/** Requests to the API: through the gate, with a token, retried while that can help. */
export class Http {
  readonly gate: Gate;
  readonly #settings: Settings;
  readonly #errorOf: ErrorOf;
  readonly tokens: Tokens;
  #ending: AbortController | undefined; // platforms may forbid one where the client is made

  constructor(settings: Settings, errorOf: ErrorOf) {
    this.#settings = settings;
    this.#errorOf = errorOf;
    this.gate = new Gate(settings);
    this.tokens = new Tokens((refresh) => this.#issue(refresh));
  }

  /** The answer's JSON, or undefined when there was nothing to send. */
  async send<T>(call: Call): Promise<T | undefined> {
    const giveUpAt = awakeMs() + this.#settings.retryForMs;
    for (let attempt = 1; ; attempt++) {
      const period = await this.gate.enter();
      let outcome: Outcome | null | undefined;
      try {
        return await this.#attempt<T>(call);
      } catch (error) {
        outcome = this.#outcome(error, call);
        if (!isRetryable(error) || attempt === call.attempts || awakeMs() >= giveUpAt) throw error;
      } finally {
        this.gate.leave(outcome, period);
      }
    }
  }

  /** Ends every call that is there, waiting or on its way. */
  stop(reason: unknown): void {
    this.#ending?.abort(reason);
    this.#ending = undefined;
    this.gate.resume();
  }

  /** Aborts when `stop` is called. */
  get ending(): AbortSignal {
    this.#ending ??= new AbortController();
    return this.#ending.signal;
  }

  async #attempt<T>(call: Call, refused?: string): Promise<T | undefined> {
    if (call.signal?.aborted) throw call.signal.reason;
    const message = await call.message?.();
    if (call.message && !message) return undefined;
    const { tokens } = this;
    const token = await (refused === undefined ? tokens.get() : tokens.replace(refused));
    try {
      return await this.#fetch<T>(call, token, message);
    } catch (error) {
      if (statusOf(error) !== 401) throw error;
      if (refused === undefined) return this.#attempt(call, token);
      if (this.#settings.apiKey) tokens.refuse(error); // getToken may give another user's next
      throw error;
    }
  }

  async #issue(refresh: boolean): Promise<IssuedToken> {
    const { apiKey, getToken } = this.#settings;
    if (getToken) {
      try {
        return { token: await getToken({ refresh }), lifetimeMs: NOT_KEPT_MS };
      } catch (cause) {
        throw new NetworkError("token", "getToken failed.", { cause });
      }
    }
    const message = { body: JSON.stringify({ api_key: apiKey }), headers: JSON_TYPE };
    const answer = await this.#fetch<AccessToken>({ path: "/api/v1/auth/token" }, undefined, message);
    return { token: answer.access_token, lifetimeMs: answer.expires_in * 1000 };
  }

  async #fetch<T>(
    { path, signal = this.ending }: Call,
    token: string | undefined,
    message: Message | undefined,
  ): Promise<T> {
    const { baseUrl, runtime, fetch = globalThis.fetch } = this.#settings;
    const timeoutMs = this.#settings.timeoutMs * Math.min(4, 1 + this.gate.failures); // for slow networks
    const abort = new AbortController();
    const timer = later(
      () => abort.abort(new NetworkError("timeout", `No response in ${timeoutMs} ms.`)),
      timeoutMs,
    );
    signal.addEventListener("abort", () => abort.abort(signal.reason), { signal: abort.signal });
    try {
      const response = await fetch(baseUrl + path, {
        ...message,
        method: message ? "POST" : "GET",
        headers: { ...message?.headers, ...(token && { Authorization: `Bearer ${token}` }) },
        signal: abort.signal,
      });
      runtime?.answered?.(path);
      const text = await response.text();
      // anything else that calls itself good comes from something in between
      if (response.ok) return JSON.parse(text) as T;
      throw this.#errorOf(response.status, parseProblem(text), waitAsked(response.headers));
    } catch (error) {
      if (abort.signal.aborted) throw abort.signal.reason;
      if (error instanceof ApiError) throw error;
      throw new NetworkError("network", "The API can't be reached.", { cause: error });
    } finally {
      clearTimeout(timer);
      abort.abort(); // removes the listener
    }
  }

  #outcome(error: unknown, { path, signal }: Call): Outcome | null | undefined {
    if (signal?.aborted) return null;
    if (!isRetryable(error)) return undefined;
    const waitMs = (error as ApiError).retryAfterMs ?? this.#settings.runtime?.backoffMs?.(path);
    return { waitMs, isThrottled: statusOf(error) === 429 };
  }
}

function parseProblem(text: string): Partial<Problem> {
  try {
    return Object(JSON.parse(text)) as Partial<Problem>;
  } catch {
    return {}; // a gateway's page
  }
}

function waitAsked(headers: Headers): number | undefined {
  const value = headers.get("Retry-After") ?? "";
  const now = Date.parse(headers.get("Date") ?? "") || Date.now(); // by the clock that set the date
  const ms = Number(value) * 1000 || Date.parse(value) - now;
  return ms > 0 ? Math.min(ms, RETRY_AFTER_MAX_MS) : undefined;
}

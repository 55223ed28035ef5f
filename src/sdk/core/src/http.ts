import type { AccessToken, Problem } from "./api.gen.ts";
import { ApiError, isOwnAffair, isRetryable, NetworkError, statusOf } from "./errors.ts";
import { Gate, type Outcome } from "./gate.ts";
import type { Settings } from "./options.ts";
import { later, sleep } from "./timers.ts";
import { type Issued, Tokens } from "./tokens.ts";

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
  /** Ends every call. */
  readonly ending: AbortController = new AbortController();

  constructor(settings: Settings, errorOf: ErrorOf) {
    this.#settings = settings;
    this.#errorOf = errorOf;
    this.gate = new Gate(settings);
    this.tokens = new Tokens((refresh) => this.#issue(refresh));
  }

  /** The answer's JSON, or undefined when there was nothing to send. */
  async send<T>(call: Call): Promise<T | undefined> {
    const { attempts = Infinity } = call;
    const giveUpAt = Date.now() + this.#settings.retryForMs;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.gate.run(
          () => this.#attempt<T>(call),
          (error) => this.#outcome(error, call),
        );
      } catch (error) {
        if (!isRetryable(error) || attempt >= attempts || Date.now() >= giveUpAt) throw error;
        if (isOwnAffair(error)) await sleep(error.retryAfterMs ?? this.#settings.backoffBaseMs);
      }
    }
  }

  /** Ends every call, waiting or on its way. */
  stop(reason: unknown): void {
    this.gate.stop(reason);
    this.ending.abort(reason);
  }

  async #attempt<T>(call: Call): Promise<T | undefined> {
    const message = await call.message?.();
    if (call.message && !message) return undefined;
    const token = await this.tokens.get();
    try {
      return await this.#fetch<T>(call, token, message);
    } catch (error) {
      if (statusOf(error) !== 401) throw error;
      return this.#fetch<T>(call, await this.tokens.replace(token), message);
    }
  }

  async #issue(refresh: boolean): Promise<Issued> {
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
    { path, signal = this.ending.signal }: Call,
    token: string | undefined,
    message: Message | undefined,
  ): Promise<T> {
    if (signal.aborted) throw signal.reason;
    const { baseUrl, timeoutMs, runtime, fetch = globalThis.fetch } = this.#settings;
    const abort = new AbortController();
    const forward = (): void => abort.abort(signal.reason);
    const timer = later(
      () => abort.abort(new NetworkError("timeout", `No response in ${timeoutMs} ms.`)),
      timeoutMs,
    );
    signal.addEventListener("abort", forward);
    try {
      const response = await fetch(baseUrl + path, {
        method: message ? "POST" : "GET",
        body: message?.body ?? null,
        headers: { ...message?.headers, ...(token && { Authorization: `Bearer ${token}` }) },
        signal: abort.signal,
      });
      runtime?.answered?.(path);
      return await read<T>(response, this.#errorOf);
    } catch (error) {
      if (abort.signal.aborted) throw abort.signal.reason;
      if (error instanceof ApiError) throw error;
      throw new NetworkError("network", "The API can't be reached.", { cause: error });
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", forward);
    }
  }

  #outcome(error: unknown, { path, signal }: Call): Outcome | null | undefined {
    if (signal?.aborted) return null;
    if (error instanceof NetworkError) return { waitMs: this.#settings.runtime?.backoffMs?.(path) };
    if (!isRetryable(error) || isOwnAffair(error)) return undefined;
    const { status, retryAfterMs } = error as ApiError;
    return { waitMs: retryAfterMs, isThrottled: status === 429 };
  }
}

/** The JSON of a good answer. Anything else that calls itself one comes from something in between. */
async function read<T>(response: Response, errorOf: ErrorOf): Promise<T> {
  const text = await response.text();
  if (response.ok) return JSON.parse(text) as T;
  throw errorOf(response.status, parseProblem(text), waitAsked(response.headers));
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
  const ms = Number(value) * 1000 || Date.parse(value) - Date.now();
  return ms > 0 ? Math.min(ms, RETRY_AFTER_MAX_MS) : undefined;
}

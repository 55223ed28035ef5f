import type { AccessToken, Problem } from "./api.gen.ts";
import { apiError, ApiError, isRetryable, NetworkError } from "./errors.ts";
import { Gate, type Outcome } from "./gate.ts";
import type { Settings } from "./options.ts";
import { later, sleep } from "./timers.ts";
import { type Issued, Tokens } from "./tokens.ts";

export interface Call {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Made when it is this call's turn, and again for a retry. Without one where one is due, nothing is sent. */
  readonly body?: () => Promise<BodyInit | undefined>;
  /** Ends this call alone. */
  readonly signal?: AbortSignal | undefined;
  readonly attempts: number;
  readonly retryForMs: number;
}

const RETRY_AFTER_MAX_MS = 24 * 3_600_000;
/** How long `getToken`'s tokens are kept: they are asked for before every request. */
const NOT_KEPT_MS = 0;

/** Requests to the API: through the gate, with a token, retried while that can help. */
export class Http {
  readonly gate: Gate;
  readonly #settings: Settings;
  readonly #tokens: Tokens;
  readonly #ongoing = new Set<AbortController>();
  /** Paths that were answered once: who does not answer there any more is away, and not blocked. */
  readonly #answered = new Set<string>();
  #unanswered = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.gate = new Gate(settings);
    this.#tokens = new Tokens((refresh) => this.#issue(refresh));
  }

  /** What proves who sends, for a request that can't have headers. */
  credential(): { readonly api_key: string } | { readonly access_token: string } | undefined {
    const { apiKey } = this.#settings;
    if (apiKey !== undefined) return { api_key: apiKey };
    const token = this.#tokens.last;
    return token === undefined ? undefined : { access_token: token };
  }

  /** The answer's JSON, or undefined when there was nothing to send. */
  async send<T>(call: Call): Promise<T | undefined> {
    const giveUpAt = Date.now() + call.retryForMs;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.gate.run(
          call.signal,
          () => this.#attempt<T>(call),
          (error) => this.#outcome(error, call),
        );
      } catch (error) {
        if (!isRetryable(error) || attempt >= call.attempts || Date.now() >= giveUpAt) throw error;
        if (isOwnAffair(error)) await sleep(error.retryAfterMs ?? this.#settings.backoffBaseMs);
      }
    }
  }

  /** Ends every call, waiting or on its way. */
  stop(reason: unknown): void {
    this.gate.stop(reason);
    for (const request of this.#ongoing) request.abort(reason);
  }

  async #attempt<T>(call: Call): Promise<T | undefined> {
    const body = await call.body?.();
    if (call.body && body === undefined) return undefined;
    const token = await this.#tokens.get();
    try {
      return await this.#fetch<T>(call, token, body);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 401)) throw error;
      return this.#fetch<T>(call, await this.#tokens.replace(token), body);
    }
  }

  async #issue(refresh: boolean): Promise<Issued> {
    const { apiKey, getToken } = this.#settings;
    if (getToken) return { token: await supplied(getToken, refresh), lifetimeMs: NOT_KEPT_MS };
    const answer = await this.#fetch<AccessToken>(
      {
        method: "POST",
        path: "/api/v1/auth/token",
        headers: { "Content-Type": "application/json" },
      },
      undefined,
      JSON.stringify({ api_key: apiKey }),
    );
    return { token: answer.access_token, lifetimeMs: answer.expires_in * 1000 };
  }

  async #fetch<T>(
    { method, path, headers, signal }: Pick<Call, "method" | "path" | "headers" | "signal">,
    token: string | undefined,
    body: BodyInit | undefined,
  ): Promise<T> {
    const { baseUrl, timeoutMs, fetch = globalThis.fetch } = this.#settings;
    const abort = new AbortController();
    const forward = (): void => abort.abort(signal?.reason);
    const timeout = new NetworkError("timeout", `No answer within ${timeoutMs} ms.`);
    const timer = later(() => abort.abort(timeout), timeoutMs);
    signal?.addEventListener("abort", forward);
    this.#ongoing.add(abort);
    try {
      const response = await fetch(baseUrl + path, {
        method,
        headers: { ...headers, ...(token !== undefined && { Authorization: `Bearer ${token}` }) },
        body: body ?? null,
        signal: abort.signal,
      });
      this.#answered.add(pathOf(path));
      const answer = await read<T>(response);
      this.#unanswered = 0;
      return answer;
    } catch (error) {
      if (abort.signal.aborted) throw abort.signal.reason;
      if (error instanceof ApiError) throw error;
      throw new NetworkError("network", "The API can't be reached.", { cause: error });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", forward);
      this.#ongoing.delete(abort);
    }
  }

  #outcome(error: unknown, { path }: Call): Outcome {
    if (error instanceof NetworkError) {
      const isAway = this.#answered.has(pathOf(path));
      return {
        kind: "failed",
        waitMs: isAway ? undefined : this.#settings.runtime?.backoffMs?.(++this.#unanswered),
      };
    }
    this.#unanswered = 0;
    if (!isRetryable(error) || isOwnAffair(error)) return { kind: "answered" };
    const answer = error as ApiError;
    return { kind: answer.status === 429 ? "throttled" : "failed", waitMs: answer.retryAfterMs };
  }
}

function pathOf(path: string): string {
  return path.split("?", 1)[0]!;
}

/** An answer that asks only this request to wait, not all of them. */
function isOwnAffair(error: unknown): error is ApiError {
  return error instanceof ApiError && [408, 409, 425].includes(error.status);
}

async function supplied(getToken: NonNullable<Settings["getToken"]>, refresh: boolean): Promise<string> {
  try {
    return await getToken({ refresh });
  } catch (cause) {
    throw new NetworkError("token", "getToken failed.", { cause });
  }
}

/** The JSON of a good answer. Anything else that calls itself one comes from something in between. */
async function read<T>(response: Response): Promise<T> {
  const text = await response.text();
  if (response.ok) return JSON.parse(text) as T;
  throw apiError(response.status, parseProblem(text), retryAfterMs(response.headers));
}

function parseProblem(text: string): Partial<Problem> {
  try {
    return Object(JSON.parse(text)) as Partial<Problem>;
  } catch {
    return {}; // a gateway's page
  }
}

function retryAfterMs(headers: Headers): number | undefined {
  const value = headers.get("Retry-After");
  if (!value) return undefined;
  const seconds = Number(value);
  const ms = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1000;
  return ms >= 0 ? Math.min(ms, RETRY_AFTER_MAX_MS) : undefined;
}

import { isRetryable, NetworkError } from "./errors.ts";
import { type Call, Http } from "./http.ts";
import type { ReadOptions } from "./options.ts";
import type { ClientParts } from "./runtime.ts";
import { aborted, anyOf } from "./signals.ts";
import { statusError } from "./status-errors.ts";
import { later } from "./timers.ts";

const ATTEMPTS = 4;
const TIMEOUT_MS = 10_000;
const BACKOFF_MS_MAX = 2_000;

/**
 * Reads, which somebody waits for: they have a gate of their own, short waits and a deadline, so that they
 * never wait for what stops events, such as an ad blocker.
 */
export class Reads {
  readonly #client: ClientParts;
  readonly #http: Http;
  /** Why the API last failed to respond, until it does. */
  #failure: unknown;

  constructor(client: ClientParts) {
    const { http, settings } = client;
    const own = { ...settings, runtime: undefined, backoffMaxMs: BACKOFF_MS_MAX };
    this.#client = client;
    this.#http = Object.assign(new Http(own, statusError), { tokens: http.tokens });
  }

  /** Return the response, or reject with the last failure when it takes too long. */
  async get<T>(path: string, { signal, timeoutMs = TIMEOUT_MS, immediate }: ReadOptions): Promise<T> {
    const { http, settings } = this.#client;
    const call = anyOf(signal, http.ending);
    const late = (): void =>
      call.abort(this.#failure ?? new NetworkError("timeout", `No response in ${timeoutMs} ms.`));
    const timer = later(late, timeoutMs);
    if (immediate) this.#http.gate.resume();
    try {
      return await this.#retried<T>({ path, signal: call.signal, attempts: 1 });
    } catch (error) {
      throw (await settings.runtime?.explain?.(path, error)) ?? error;
    } finally {
      clearTimeout(timer);
      call.abort();
    }
  }

  async #retried<T>(call: Call & { readonly signal: AbortSignal }): Promise<T> {
    for (let left = this.#client.settings.readAttempts ?? ATTEMPTS; ;) {
      try {
        const response = await Promise.race([this.#http.send<T>(call), aborted(call.signal)]);
        this.#failure = undefined;
        return response as T;
      } catch (error) {
        if (call.signal.aborted || !isRetryable(error)) throw error;
        this.#failure = error;
        if (--left < 1) throw error;
      }
    }
  }
}

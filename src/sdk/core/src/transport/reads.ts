import { isRetryable, NetworkError } from "../errors.ts";
import type { ReadOptions, Settings } from "../options.ts";
import { statusError } from "../status-errors.ts";
import { aborted, anyOf } from "../util/signals.ts";
import { setUnrefTimeout } from "../util/timers.ts";
import { type Call, Http } from "./http.ts";

const enum Policy {
  TimeoutMs = 10_000,
  BackoffMaxMs = 2_000,
}

/**
 * Sends reads, with a separate limiter, short waits and a deadline. A read therefore never waits for the delivery of
 * events, which an ad blocker may block.
 */
export class Reads {
  readonly #settings: Settings;
  /** The client's requests for events, which share their tokens and are aborted together with reads. */
  readonly #client: Http;
  readonly #http: Http;
  /** The last failure, until the API responds. */
  #failure: unknown;

  constructor(settings: Settings, client: Http) {
    const own = {
      ...settings,
      platform: undefined,
      onError: () => {}, // a read rejects with its error
      retryForMs: 0,
      firstInFlight: settings.maxInFlight,
      backoffMaxMs: Policy.BackoffMaxMs,
    };
    this.#settings = settings;
    this.#client = client;
    this.#http = Object.assign(new Http(own, statusError), { tokens: client.tokens });
  }

  /**
   * Return the response to a GET request, or to a POST request if there is a message. Reject with the last failure at
   * the deadline.
   */
  async get<T>(
    path: string,
    { signal, timeoutMs = Policy.TimeoutMs, immediate }: ReadOptions,
    message?: Call["message"],
  ): Promise<T> {
    const call = anyOf(signal, this.#client.ending);
    const expire = (): void =>
      call.abort(this.#failure ?? new NetworkError("timeout", `No response in ${timeoutMs} ms.`));
    const timer = setUnrefTimeout(expire, timeoutMs);
    if (immediate) this.#http.limiter.resume();
    try {
      return await this.#retried<T>({ path, message, signal: call.signal });
    } catch (error) {
      throw (await this.#settings.platform?.explain?.(path, error)) ?? error;
    } finally {
      clearTimeout(timer);
      call.abort();
    }
  }

  async #retried<T>(call: Call & { readonly signal: AbortSignal }): Promise<T> {
    for (let left = this.#settings.readAttempts; ;) {
      try {
        const response = await Promise.race([this.#http.send<T>(call), aborted(call.signal)]);
        this.#failure = undefined;
        return response;
      } catch (error) {
        if (call.signal.aborted || !isRetryable(error)) throw error;
        this.#failure = error;
        if (--left < 1) throw error;
      }
    }
  }
}

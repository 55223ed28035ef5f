import { statusOf } from "../errors.ts";
import { optional } from "../util/timers.ts";

/** A new access token. */
export interface IssuedToken {
  readonly token: string;
  /** How long the token is valid, in milliseconds from now. */
  readonly lifetimeMs: number;
}

interface TokenRequest {
  /** Whether the API has rejected the last token. */
  readonly refresh: boolean;
}

// an enum, as its values are inlined: every byte of the tracker counts
const enum Policy {
  /** The part of a token's lifetime after which the next one is fetched in the background. */
  RenewAt = 0.8,
  /** How long a rejected credential is not sent again. */
  RefusedForMs = 30_000,
}

/** A cache of access tokens: issued once for concurrent callers, and renewed before they expire. */
export class Tokens {
  readonly #issue: (refresh: boolean) => Promise<IssuedToken>;
  /** The last token, which may have expired. */
  declare last: string | undefined;
  #renewAt = 0;
  #expiresAt = 0;
  #pending: Promise<string> | undefined;
  #refusal: unknown;
  #refusedUntil = 0;

  constructor(issue: (refresh: boolean) => Promise<IssuedToken>) {
    this.#issue = issue;
  }

  /** Return a valid token, other than the one that the API has rejected, if any. */
  async get(refused?: string): Promise<string> {
    const now = performance.now();
    if (refused && refused === this.last) return this.#fetch(true);
    if (now < this.#renewAt) return this.last!;
    const next = optional(this.#fetch(false)); // a failure matters once the current token has expired
    return now < this.#expiresAt ? this.last! : next;
  }

  #fetch(refresh: boolean): Promise<string> {
    if (performance.now() < this.#refusedUntil) return Promise.reject(this.#refusal);
    return (this.#pending ??= this.#renew(refresh).finally(() => (this.#pending = undefined)));
  }

  async #renew(refresh: boolean): Promise<string> {
    const now = performance.now();
    try {
      const { token, lifetimeMs } = await this.#issue(refresh);
      this.#renewAt = now + lifetimeMs * Policy.RenewAt;
      this.#expiresAt = now + lifetimeMs;
      return (this.last = token);
    } catch (error) {
      if (statusOf(error) === 401) {
        this.#renewAt = this.#expiresAt; // the last token is still valid
        this.#refusedUntil = performance.now() + Policy.RefusedForMs;
      }
      throw (this.#refusal = error);
    }
  }
}

/**
 * Return a `getToken` that calls `issue` once for all concurrent requests, keeps the token in memory, and fetches the
 * next one in the background after 80 % of the lifetime. It calls `issue` with `refresh: true` when the API has
 * rejected the current token. It rejects when `issue` rejects and no valid token is left.
 */
export function cachedToken(
  issue: (options: TokenRequest) => Promise<IssuedToken>,
): (options: TokenRequest) => Promise<string> {
  const tokens = new Tokens((refresh) => issue({ refresh }));
  return ({ refresh }) => tokens.get(refresh ? tokens.last : undefined);
}

import { statusOf } from "./errors.ts";
import { optional } from "./timers.ts";

/** A new access token. */
export interface IssuedToken {
  readonly token: string;
  /** How long the token is valid, in milliseconds from now. */
  readonly lifetimeMs: number;
}

interface TokenRequest {
  /** Whether the API has refused the last token. */
  readonly refresh: boolean;
}

/** Part of a token's life after which the next one is fetched, while this one still serves. */
const REFRESH_AT = 0.8;
/** A refused credential is not shown again for so long. */
const REFUSED_FOR_MS = 30_000;

/** Access tokens, fetched once for all callers, ahead of their end. */
export class Tokens {
  readonly #issue: (refresh: boolean) => Promise<IssuedToken>;
  /** The last token, which may have ended. */
  last: string | undefined;
  #since = 0;
  #lifetimeMs = 0;
  #pending: Promise<string> | undefined;
  #refusal: unknown;
  #refusedUntil = 0;

  constructor(issue: (refresh: boolean) => Promise<IssuedToken>) {
    this.#issue = issue;
  }

  async get(): Promise<string> {
    const age = performance.now() - this.#since;
    if (age < this.#lifetimeMs * REFRESH_AT) return this.last!;
    const next = this.#fetch(false);
    if (age >= this.#lifetimeMs) return next;
    void optional(next); // asked for again, in earnest, when the current one has ended
    return this.last!;
  }

  /** A token other than this one, which the API has refused. */
  replace(refused: string | undefined): Promise<string> {
    return this.last === refused ? this.#fetch(true) : this.get();
  }

  /** The API refuses fresh tokens too, so none is requested for a while, and the last is used no longer than this. */
  refuse(error: unknown, lifetimeMs = 0): void {
    this.#lifetimeMs = lifetimeMs;
    this.#refusal = error;
    this.#refusedUntil = performance.now() + REFUSED_FOR_MS;
  }

  #fetch(refresh: boolean): Promise<string> {
    if (performance.now() < this.#refusedUntil) return Promise.reject(this.#refusal);
    this.#pending ??= this.#renew(refresh).finally(() => (this.#pending = undefined));
    return this.#pending;
  }

  async #renew(refresh: boolean): Promise<string> {
    const since = performance.now();
    try {
      const { token, lifetimeMs } = await this.#issue(refresh);
      this.#since = since;
      this.#lifetimeMs = lifetimeMs;
      this.last = token;
      return token;
    } catch (error) {
      if (statusOf(error) === 401) this.refuse(error, this.#lifetimeMs); // it still serves
      throw error;
    }
  }
}

/**
 * Return a `getToken` that calls `issue` once for all concurrent requests, keeps the token in memory, and fetches the
 * next one in the background after 80 % of the lifetime. It calls `issue` with `refresh: true` when the API has
 * refused the current token. It rejects when `issue` rejects and no valid token is left.
 */
export function cachedToken(
  issue: (options: TokenRequest) => Promise<IssuedToken>,
): (options: TokenRequest) => Promise<string> {
  const tokens = new Tokens((refresh) => issue({ refresh }));
  return ({ refresh }) => (refresh ? tokens.replace(tokens.last) : tokens.get());
}

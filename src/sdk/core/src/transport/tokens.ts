import { statusOf } from "../errors.ts";
import { optional, setUnrefTimeout } from "../util/timers.ts";

/** A new access token. */
export interface IssuedToken {
  readonly token: string;
  /** How long the token is valid, in milliseconds from now. */
  readonly lifetimeMs: number;
}

/** Issues a token. A token without a lifetime is not reused. */
export type Issue = (refresh: boolean) => Promise<Pick<IssuedToken, "token"> & Partial<IssuedToken>>;

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
  readonly #issue: Issue;
  /** The last token, which may have expired. */
  declare last: string | undefined;
  /** The error with which the API rejected the last token. */
  #refusal: unknown;
  #issuedAt = 0;
  #lifetimeMs = 0;
  #pending: Promise<string> | undefined;

  constructor(issue: Issue) {
    this.#issue = issue;
  }

  /** Call `send` with a token. If the API rejects the token, call `send` once more with another one, if there is one. */
  async authorize<T>(send: (token: string) => Promise<T>, isRetry?: boolean): Promise<T> {
    const refusal = this.#refusal;
    const token = await this.get();
    try {
      if (this.#refusal) throw this.#refusal;
      return await send(token);
    } catch (error) {
      if (statusOf(error) !== 401) throw error;
      this.refuse(token, error);
      if (isRetry || error === refusal) throw error;
      return this.authorize(send, true);
    }
  }

  /** Return a valid token, other than a rejected one if possible. */
  async get(): Promise<string> {
    const ageMs = performance.now() - this.#issuedAt;
    if (ageMs < this.#lifetimeMs * Policy.RenewAt) return this.last!;
    const next = optional((this.#pending ??= this.#renew())); // a failure matters once the last token has expired
    return ageMs < this.#lifetimeMs ? this.last! : next;
  }

  /** Replace the last token, because the API has rejected it. */
  refuse(token: string | undefined, refusal: unknown): void {
    if (token === this.last) {
      this.#refusal = refusal;
      this.#lifetimeMs = 0;
    }
  }

  async #renew(): Promise<string> {
    const now = performance.now();
    const refresh = !!this.#refusal;
    const forget = (): void => (this.#pending = undefined);
    try {
      const { token, lifetimeMs } = await this.#issue(refresh);
      if (token !== this.last || !this.#refusal) {
        this.#refusal = undefined;
        this.#issuedAt = now;
        this.#lifetimeMs = lifetimeMs!;
      } else if (!refresh) return this.#renew(); // the API has rejected the token in the meantime
      forget();
      return (this.last = token);
    } catch (error) {
      if (statusOf(error) === 401) setUnrefTimeout(forget, Policy.RefusedForMs);
      else forget();
      throw error;
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
  return ({ refresh }) => {
    if (refresh) tokens.refuse(tokens.last, true);
    return tokens.get();
  };
}

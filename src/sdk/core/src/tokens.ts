import { statusOf } from "./errors.ts";

/** A token, and for how long it is good. */
export interface Issued {
  readonly token: string;
  readonly lifetimeMs: number;
}

/** Part of a token's life after which the next one is fetched, while this one still serves. */
const REFRESH_AT = 0.8;
/** A refused credential is not shown again for so long. */
const REFUSED_FOR_MS = 30_000;

/** Access tokens, fetched once for all callers, ahead of their end. */
export class Tokens {
  readonly #issue: (refresh: boolean) => Promise<Issued>;
  #current: (Issued & { readonly since: number }) | undefined;
  #pending: Promise<string> | undefined;
  #refused: { readonly error: unknown; readonly until: number } | undefined;

  constructor(issue: (refresh: boolean) => Promise<Issued>) {
    this.#issue = issue;
  }

  /** The last token, which may have ended. */
  get last(): string | undefined {
    return this.#current?.token;
  }

  async get(): Promise<string> {
    const fresh = this.#good(REFRESH_AT);
    if (fresh !== undefined) return fresh;
    const next = this.#fetch(false);
    const current = this.#good(1);
    if (current === undefined) return next;
    next.catch(() => {}); // asked for again, in earnest, when the current one has ended
    return current;
  }

  /** A token other than this one, which the API has refused. */
  async replace(refused: string): Promise<string> {
    if (this.last === refused) this.#current = undefined;
    return this.#good(1) ?? this.#fetch(true);
  }

  /** The token, if less than this part of its life is over. */
  #good(part: number): string | undefined {
    const current = this.#current;
    return current && Date.now() < current.since + part * current.lifetimeMs ? current.token : undefined;
  }

  #fetch(refresh: boolean): Promise<string> {
    if (this.#refused && Date.now() < this.#refused.until) return Promise.reject(this.#refused.error);
    this.#pending ??= this.#renew(refresh).finally(() => (this.#pending = undefined));
    return this.#pending;
  }

  async #renew(refresh: boolean): Promise<string> {
    const since = Date.now();
    try {
      this.#current = { ...(await this.#issue(refresh)), since };
      return this.#current.token;
    } catch (error) {
      if (statusOf(error) === 401) this.#refused = { error, until: since + REFUSED_FOR_MS };
      throw error;
    }
  }
}

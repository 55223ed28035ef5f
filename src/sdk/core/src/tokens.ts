import { AuthenticationError } from "./errors.ts";

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
  #refused: { readonly error: AuthenticationError; readonly until: number } | undefined;

  constructor(issue: (refresh: boolean) => Promise<Issued>) {
    this.#issue = issue;
  }

  /** The last token, which may have ended. */
  get last(): string | undefined {
    return this.#current?.token;
  }

  async get(): Promise<string> {
    const current = this.#good();
    if (current !== undefined && this.#age() < REFRESH_AT) return current;
    const next = this.#fetch(false);
    if (current === undefined) return next;
    next.catch(() => {}); // asked for again, in earnest, when the current one has ended
    return current;
  }

  /** A token other than this one, which the API has refused. */
  async replace(refused: string): Promise<string> {
    if (this.#current?.token === refused) this.#current = undefined;
    return this.#good() ?? this.#fetch(true);
  }

  #good(): string | undefined {
    return this.#age() < 1 ? this.last : undefined;
  }

  #age(): number {
    return this.#current ? (Date.now() - this.#current.since) / this.#current.lifetimeMs : Infinity;
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
      if (error instanceof AuthenticationError) this.#refused = { error, until: since + REFUSED_FOR_MS };
      throw error;
    }
  }
}

import "server-only";
import { decodeJwt } from "jose";
import type { User } from "../session";

/** A signed-in person, and what proves it to the API. It stays on this server. */
export interface Identity {
  readonly user: User;
  readonly id_token: string;
  /** When the ID token ends, in seconds since 1970. */
  readonly id_token_ends_at: number;
  /** With it the identity provider gives the next ID token. */
  readonly refresh_token?: string | undefined;
}

/** The identity provider does not vouch for this person any more: they sign in again. */
export class IdentityEnded extends Error {}

/** The identity provider does not answer, or is not able to work. */
export class ProviderAway extends Error {}

/** Who an ID token is about. It comes from its issuer itself, and the API verifies it again. */
export function identityOf(id_token: string, refresh_token?: string): Identity {
  const { sub = "", exp = 0, name, email } = decodeJwt<{ name?: string; email?: string }>(id_token);
  const user = { id: sub, name: name ?? email ?? sub, email: email ?? "" };
  return { user, id_token, id_token_ends_at: exp, refresh_token };
}

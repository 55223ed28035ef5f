import "server-only";
import { decodeJwt } from "jose";
import { signInSampleUser } from "./analytics-api";
import { ApiError, ReauthenticationRequiredError } from "./auth-errors";

export interface User {
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

/** A signed-in user with the tokens of their identity provider. It never leaves this server unencrypted. */
export interface Identity {
  readonly user: User;
  readonly id_token: string;
  /** Seconds since 1970. */
  readonly id_token_ends_at: number;
  /** Gets the next ID token from the identity provider. */
  readonly refresh_token?: string | undefined;
}

/** Return the user of an ID token that came from its issuer. The API verifies the token again. */
export function identityOf(id_token: string, refresh_token?: string): Identity {
  const { sub = "", exp = 0, name, email } = decodeJwt<{ name?: string; email?: string }>(id_token);
  const user = { id: sub, name: name ?? email ?? sub, email: email ?? "" };
  return { user, id_token, id_token_ends_at: exp, refresh_token };
}

/** Sign in a sample user at the API's local identity provider, or renew the ID token of a session. */
export async function sampleIdentity(user_id: string, isRenewal = false): Promise<Identity> {
  try {
    return identityOf((await signInSampleUser(user_id, isRenewal)).id_token);
  } catch (error) {
    if (error instanceof ApiError) throw new ReauthenticationRequiredError(error.message, { cause: error });
    throw error;
  }
}

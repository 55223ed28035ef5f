import "server-only";
import { ApiRefusal, signInSampleUser } from "./analytics-api";
import { type Identity, IdentityEnded, identityOf } from "./identity";
import { refreshed } from "./oidc";
import { settings } from "./settings";

/** An ID token is renewed so long before its end, as the API needs some time to look at it. */
const RENEW_AHEAD_SECONDS = 60;
/** Tabs that ask at the same time get the same answer: a provider takes a refresh token once. */
const REMEMBERED_FOR_MS = 30_000;

/** One for the process: Next gives the proxy and the routes each a copy of this module. */
const shared = globalThis as { acmeRenewals?: Map<string, Promise<Identity>> };
const renewals = (shared.acmeRenewals ??= new Map<string, Promise<Identity>>());

/** Whether the ID token has ended, or is about to. */
export function isDue(identity: Identity): boolean {
  return identity.id_token_ends_at - RENEW_AHEAD_SECONDS < Date.now() / 1000;
}

/** The same person with the next ID token. Throws IdentityEnded, or ProviderAway. */
export function renewed(identity: Identity): Promise<Identity> {
  const known = renewals.get(identity.id_token);
  if (known) return known;
  const renewal = settings().oidc ? refreshed(identity) : sampleIdentity(identity.user.id);
  const forget = (): boolean => renewals.delete(identity.id_token);
  renewals.set(identity.id_token, renewal);
  renewal.then(() => setTimeout(forget, REMEMBERED_FOR_MS).unref(), forget);
  return renewal;
}

/** A sample user, as the API's local identity provider knows them. Throws IdentityEnded for a stranger. */
export async function sampleIdentity(user_id: string): Promise<Identity> {
  try {
    return identityOf((await signInSampleUser(user_id)).id_token);
  } catch (error) {
    if (error instanceof ApiRefusal) throw new IdentityEnded(error.message, { cause: error });
    throw error;
  }
}

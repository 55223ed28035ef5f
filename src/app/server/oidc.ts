import "server-only";
import * as client from "openid-client";
import { ProviderUnavailableError, ReauthenticationRequiredError } from "./auth-errors";
import { EncryptedCookie } from "./encrypted-cookie";
import { type Identity, identityOf } from "./identity";
import { type OidcSettings, settings } from "./settings";

/** The state of a sign-in between the redirect to the provider and the callback. */
interface Handshake {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly returnTo: string;
}

const HANDSHAKE_SECONDS = 600;
const handshakes = new EncryptedCookie<Handshake>("acme-sign-in");

/** Start a sign-in, and return the URL of the provider's sign-in page. */
export async function startSignIn(redirect_uri: string, returnTo: string): Promise<URL> {
  const verifier = client.randomPKCECodeVerifier();
  const [state, nonce] = [client.randomState(), client.randomNonce()];
  await handshakes.write({ state, nonce, verifier, returnTo }, HANDSHAKE_SECONDS);
  return client.buildAuthorizationUrl(await provider(), {
    redirect_uri,
    scope: oidc().scope,
    state,
    nonce,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
}

/** Return the user whom the provider's callback signs in. Throw if the callback is invalid. */
export async function finishSignIn(callbackUrl: URL): Promise<{ identity: Identity; returnTo: string }> {
  const handshake = await handshakes.read();
  if (!handshake) throw new ReauthenticationRequiredError("No sign-in is in progress.");
  await handshakes.clear();
  const { state, nonce, verifier, returnTo } = handshake;
  const tokens = await client.authorizationCodeGrant(await provider(), callbackUrl, {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
    idTokenExpected: true,
  });
  return { identity: identityOf(tokens.id_token!, tokens.refresh_token), returnTo };
}

/** Get the next ID token with the refresh token. */
export async function refreshIdentity({ refresh_token }: Identity): Promise<Identity> {
  if (!refresh_token)
    throw new ReauthenticationRequiredError("The identity provider issued no refresh token.");
  const tokens = await client.refreshTokenGrant(await provider(), refresh_token).catch(rethrow);
  if (!tokens.id_token) throw new ReauthenticationRequiredError("The identity provider issued no ID token.");
  return identityOf(tokens.id_token, tokens.refresh_token ?? refresh_token);
}

/** Distinguish a provider that rejects the token from one that fails. */
function rethrow(error: unknown): never {
  if (error instanceof client.ResponseBodyError && error.status < 500)
    throw new ReauthenticationRequiredError("The identity provider rejected the refresh token.", {
      cause: error,
    });
  throw new ProviderUnavailableError("The identity provider's response was missing or invalid.", {
    cause: error,
  });
}

let discovered: Promise<client.Configuration> | undefined;

function provider(): Promise<client.Configuration> {
  discovered ??= discover().catch((error: unknown) => {
    discovered = undefined; // the next call tries again
    throw new ProviderUnavailableError(`${oidc().issuer} is unavailable.`, { cause: error });
  });
  return discovered;
}

function discover(): Promise<client.Configuration> {
  const { issuer, clientId, clientSecret } = oidc();
  const overHttp = settings().isLocal && issuer.startsWith("http:") ? [client.allowInsecureRequests] : [];
  return client.discovery(new URL(issuer), clientId, clientSecret, clientSecret ? undefined : client.None(), {
    execute: [client.enableNonRepudiationChecks, ...overHttp],
  });
}

function oidc(): OidcSettings {
  const found = settings().oidc;
  if (!found) throw new Error("ANALYTICS_OIDC_ISSUER is not set.");
  return found;
}

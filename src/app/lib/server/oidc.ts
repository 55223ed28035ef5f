import "server-only";
import * as client from "openid-client";
import { type Identity, IdentityEnded, identityOf, ProviderAway } from "./identity";
import { SealedCookie } from "./sealed";
import { type OidcSettings, settings } from "./settings";

/** What a sign-in that is under way has to find again when the browser comes back. */
interface Handshake {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly returnTo: string;
}

const HANDSHAKE_SECONDS = 600;
const handshakes = new SealedCookie<Handshake>("acme-sign-in");

/** Where the browser signs in: the provider's page. */
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

/** Who has come back from the provider to `callbackUrl`. Throws if nobody was signed in. */
export async function finishSignIn(callbackUrl: URL): Promise<{ identity: Identity; returnTo: string }> {
  const handshake = await handshakes.read();
  if (!handshake) throw new IdentityEnded("No sign-in is under way.");
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

/** The next ID token, by the refresh token. Throws IdentityEnded, or ProviderAway. */
export async function refreshed({ refresh_token }: Identity): Promise<Identity> {
  if (!refresh_token) throw new IdentityEnded("The provider gave no refresh token.");
  const tokens = await client.refreshTokenGrant(await provider(), refresh_token).catch(refuse);
  if (!tokens.id_token) throw new IdentityEnded("The provider gave no ID token.");
  return identityOf(tokens.id_token, tokens.refresh_token ?? refresh_token);
}

/** A provider that says no is one thing, one that fails another. */
function refuse(error: unknown): never {
  const saysNo = error instanceof client.ResponseBodyError && error.status < 500;
  if (saysNo) throw new IdentityEnded("The provider refuses the refresh token.", { cause: error });
  throw new ProviderAway("The provider does not answer as it should.", { cause: error });
}

let discovered: Promise<client.Configuration> | undefined;

function provider(): Promise<client.Configuration> {
  discovered ??= discover().catch((error: unknown) => {
    discovered = undefined; // asked again the next time
    throw new ProviderAway(`${oidc().issuer} does not answer.`, { cause: error });
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

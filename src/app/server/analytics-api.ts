import "server-only";
import { cache } from "react";
import type {
  AccessToken,
  ApiKeyDescription,
  ApiKeyList,
  Caller,
  CallerOrganization,
  CreatedApiKey,
  Health,
  Joined,
  NewApiKey,
  Problem,
  TokenExchangeGrant,
} from "@acme/analytics-sdk";
import { ApiError, ApiUnavailableError } from "./auth-errors";
import { settings } from "./settings";

// The API operations for sign-in and key management, which the SDK doesn't offer. `administration-api.ts` has more.

/** The API needs less time for each of these operations. */
const TIMEOUT_MS = 10_000;

/** A user of the API's local identity provider. */
export interface SampleUser {
  readonly user_id: string;
  readonly email: string;
  readonly name: string;
  readonly organizations: readonly CallerOrganization[];
}

/** Exchange an ID token for an access token in this organisation or the user's first one (RFC 8693). */
export function exchangeToken(id_token: string, org_id?: string): Promise<AccessToken> {
  const grant: TokenExchangeGrant = {
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token: id_token,
    subject_token_type: "urn:ietf:params:oauth:token-type:id_token",
    org_id,
  };
  return post("/api/v1/auth/token", grant);
}

/** Return the token's user with their organisations and scopes; one request per rendered page. */
export const getCaller = cache((access_token: string): Promise<Caller> =>
  send("/api/v1/me", { headers: bearer(access_token) }),
);

/** Return all API keys of the token's organisation, newest first. */
export async function listKeys(access_token: string): Promise<readonly ApiKeyDescription[]> {
  const keys: ApiKeyDescription[] = [];
  let query = "";
  for (;;) {
    const page = await send<ApiKeyList>(`/api/v1/keys${query}`, { headers: bearer(access_token) });
    keys.push(...page.data);
    if (page.next_cursor === null) return keys;
    query = `?cursor=${encodeURIComponent(page.next_cursor)}`;
  }
}

/** Create an API key. The API returns its secret only in this response. */
export function createKey(access_token: string, key: NewApiKey): Promise<CreatedApiKey> {
  return post("/api/v1/keys", key, bearer(access_token));
}

/** Revoke an API key of the token's organisation. */
export function revokeKey(access_token: string, key_id: string): Promise<void> {
  return send(`/api/v1/keys/${encodeURIComponent(key_id)}`, {
    method: "DELETE",
    headers: bearer(access_token),
  });
}

/** Make the user of the ID token a member of the organisation that has invited them. */
export async function acceptInvitation(id_token: string, invitation_token: string): Promise<Joined> {
  try {
    return await post("/api/v1/invitations/accept", { id_token, invitation_token });
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "invalid_payload") throw error;
    throw new ApiError(403, "invitation_invalid", error.message); // the token is longer than any of ours
  }
}

/** Create an organisation whose owner is the user of the ID token. */
export function createOrganization(id_token: string, name: string): Promise<Joined> {
  return post("/api/v1/organizations", { id_token, name });
}

/** Return the API's version. */
export function getHealth(): Promise<Health> {
  return send("/healthz");
}

/** Return the users of the API's local identity provider. */
export function listSampleUsers(): Promise<readonly SampleUser[]> {
  return send("/local-identity/users");
}

/** Get an ID token from the API's local identity provider. Renewals aren't audited as further sign-ins. */
export function signInSampleUser(
  user_id: string,
  is_renewal: boolean,
): Promise<{ id_token: string; expires_in: number }> {
  return post("/local-identity/token", { user_id, is_renewal });
}

/** Return the header that authenticates a request. */
export function bearer(access_token: string): Readonly<Record<string, string>> {
  return { Authorization: `Bearer ${access_token}` };
}

/** Send a request with a JSON body. */
export function post<T>(
  path: string,
  body: object,
  more: Readonly<Record<string, string>> = {},
  method = "POST",
): Promise<T> {
  const headers = { "Content-Type": "application/json", ...more };
  return send(path, { method, headers, body: JSON.stringify(body) });
}

/** Send a request, and return the body of the response. Throw ApiError for errors that the caller can correct. */
export async function send<T>(path: string, init: RequestInit = {}, timeoutMs = TIMEOUT_MS): Promise<T> {
  const response = await sendFor(path, init, timeoutMs);
  return response.status === 204 ? (undefined as T) : ((await response.json()) as T);
}

/** Send a request, and return the successful response. Throw ApiError for errors that the caller can correct. */
export async function sendFor(
  path: string,
  init: RequestInit = {},
  timeoutMs = TIMEOUT_MS,
): Promise<Response> {
  const response = await fetch(settings().apiUrl + path, {
    ...init,
    cache: "no-store",
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((error: unknown) => {
    throw new ApiUnavailableError(`The API at ${settings().apiUrl} is unreachable.`, { cause: error });
  });
  if (response.ok) return response;
  if (response.status >= 500 || response.status === 429)
    throw new ApiUnavailableError(`The API returned status ${response.status}.`);
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
  throw new ApiError(response.status, problem.code ?? "", problem.detail ?? "");
}

import "server-only";
import type { Organization } from "../session";
import { settings } from "./settings";

// What signing in needs of the API, and the SDK has no business with.

const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token";
/** Longer than the API takes for any of these; a page waits for them. */
const TIMEOUT_MS = 10_000;

export interface IssuedToken {
  readonly access_token: string;
  readonly expires_in: number;
}

export interface CallerDescription {
  readonly subject: string;
  readonly org_id: string;
  readonly role: Organization["role"];
  readonly scopes: readonly string[];
  readonly organizations: readonly Organization[];
}

/** An API key without its secret. */
export interface ApiKey {
  readonly key_id: string;
  readonly name: string;
  readonly kind: "secret" | "publishable";
  readonly created_at: string;
}

export interface CreatedApiKey extends ApiKey {
  readonly api_key: string;
}

export interface SampleUser {
  readonly user_id: string;
  readonly email: string;
  readonly name: string;
  readonly organizations: readonly Organization[];
}

/** The API has refused; `code` is one of those in docs/api.md. */
export class ApiRefusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
  ) {
    super(detail);
  }
}

/** The API did not answer, or is not able to work. */
export class ApiAway extends Error {}

/** An access token within this organisation of the user's, or their first one (RFC 8693). */
export function exchange(id_token: string, org_id?: string): Promise<IssuedToken> {
  return post("/api/v1/auth/token", {
    grant_type: TOKEN_EXCHANGE,
    subject_token: id_token,
    subject_token_type: ID_TOKEN,
    org_id,
  });
}

export function describeCaller(access_token: string): Promise<CallerDescription> {
  return send("/api/v1/me", { headers: bearer(access_token) });
}

/** The API keys of the token's organisation, newest first. */
export async function listKeys(access_token: string): Promise<readonly ApiKey[]> {
  const { data } = await send<{ data: readonly ApiKey[] }>("/api/v1/keys", { headers: bearer(access_token) });
  return data;
}

/** A new key; its secret is in this answer and nowhere else. */
export function createKey(access_token: string, key: Pick<ApiKey, "name" | "kind">): Promise<CreatedApiKey> {
  return post("/api/v1/keys", key, bearer(access_token));
}

export function revokeKey(access_token: string, key_id: string): Promise<void> {
  return send(`/api/v1/keys/${encodeURIComponent(key_id)}`, {
    method: "DELETE",
    headers: bearer(access_token),
  });
}

export function describeHealth(): Promise<{ version: string }> {
  return send("/healthz");
}

/** Whom the API's local identity provider can sign in. */
export function sampleUsers(): Promise<readonly SampleUser[]> {
  return send("/local-identity/users");
}

export function signInSampleUser(user_id: string): Promise<{ id_token: string; expires_in: number }> {
  return post("/local-identity/token", { user_id });
}

function bearer(access_token: string): Readonly<Record<string, string>> {
  return { Authorization: `Bearer ${access_token}` };
}

function post<T>(path: string, body: object, more: Readonly<Record<string, string>> = {}): Promise<T> {
  const headers = { "Content-Type": "application/json", ...more };
  return send(path, { method: "POST", headers, body: JSON.stringify(body) });
}

async function send<T>(path: string, init: RequestInit = {}): Promise<T> {
  const response = await fetch(settings().apiUrl + path, {
    ...init,
    cache: "no-store",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw new ApiAway(`The API at ${settings().apiUrl} does not answer.`, { cause: error });
  });
  if (response.status === 204) return undefined as T;
  if (response.ok) return (await response.json()) as T;
  if (response.status >= 500 || response.status === 429)
    throw new ApiAway(`The API answers ${response.status}.`);
  const problem = (await response.json().catch(() => ({}))) as { code?: string; detail?: string };
  throw new ApiRefusal(response.status, problem.code ?? "", problem.detail ?? "");
}

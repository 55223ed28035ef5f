"use server";

import type { ApiKeyDescription, CreatedApiKey } from "@acme/analytics-sdk";
import type { ErrorCode } from "@/features/errors/error-messages";
import { actionToken } from "@/server/access-token";
import { createKey, listKeys, revokeKey } from "@/server/analytics-api";
import { ApiError, errorCodeOf } from "@/server/auth-errors";
import { fieldsOf } from "@/server/requests";

// Every action names the organisation that its tab shows, because another tab may have switched to another one.

export interface CreationResult {
  readonly created?: CreatedApiKey;
  /** The organisation's keys, including the new one. */
  readonly keys?: readonly ApiKeyDescription[];
  readonly error?: ErrorCode;
}

const DAY_MS = 86_400_000;

/** Create a key. The API returns its secret only in this response. */
export async function create(_: CreationResult, form: FormData): Promise<CreationResult> {
  const { name = "", kind: requested, expires_in_days, origins: entered = "", org_id = "" } = fieldsOf(form);
  const kind = requested === "secret" || requested === "read" ? requested : "publishable";
  const addresses = entered.split(/[\s,]+/).filter(Boolean);
  const origins = kind === "publishable" && addresses.length > 0 ? addresses.map(originOf) : undefined;
  const days = Number(expires_in_days);
  const expires_at = days > 0 ? new Date(Date.now() + days * DAY_MS).toISOString() : null;
  try {
    const token = await actionToken(org_id);
    const created = await createKey(token, { name, kind, expires_at, origins });
    return { created, keys: await listKeys(token) };
  } catch (error) {
    if (error instanceof ApiError && error.code === "invalid_payload")
      return { error: origins && name.trim() ? "invalid_origins" : "blank_name" };
    return { error: errorCodeOf(error) };
  }
}

/** Return the origin of an address, or the text itself, which the API then rejects. */
function originOf(address: string): string {
  return URL.canParse(address) ? new URL(address).origin : address;
}

/** Revoke a key of the organisation, and return the remaining keys. */
export async function revoke(
  org_id: string,
  key_id: string,
): Promise<readonly ApiKeyDescription[] | ErrorCode> {
  try {
    const token = await actionToken(org_id);
    await revokeKey(token, key_id);
    return await listKeys(token);
  } catch (error) {
    return errorCodeOf(error);
  }
}

/** List the organisation's keys. */
export async function list(org_id: string): Promise<readonly ApiKeyDescription[] | ErrorCode> {
  try {
    return await listKeys(await actionToken(org_id));
  } catch (error) {
    return errorCodeOf(error);
  }
}

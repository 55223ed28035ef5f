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

/** Create a key. The API returns its secret only in this response. */
export async function create(_: CreationResult, form: FormData): Promise<CreationResult> {
  const { name = "", kind: requested, org_id = "" } = fieldsOf(form);
  const kind = requested === "secret" || requested === "read" ? requested : "publishable";
  try {
    const token = await actionToken(org_id);
    const created = await createKey(token, { name, kind });
    return { created, keys: await listKeys(token) };
  } catch (error) {
    if (error instanceof ApiError && error.status === 422) return { error: "blank_name" };
    return { error: errorCodeOf(error) };
  }
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

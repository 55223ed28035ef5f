"use server";

import type { ApiKeyDescription, CreatedApiKey } from "@acme/analytics-sdk";
import { type ErrorCode, type ErrorMessage, ERRORS } from "@/features/errors/error-messages";
import { actionToken } from "@/server/access-token";
import { createKey, listKeys, revokeKey } from "@/server/analytics-api";
import { ApiError, errorCodeOf } from "@/server/auth-errors";
import { actIn } from "@/server/page-data";
import { fieldsOf } from "@/server/requests";
import { originsFrom } from "./origins";

// Every action names the organisation that its tab shows, because another tab may have switched to another one.

export interface CreationResult {
  readonly created?: CreatedApiKey;
  /** The organisation's keys, including the new one. */
  readonly keys?: readonly ApiKeyDescription[];
  readonly error?: ErrorMessage;
}

const DAY_MS = 86_400_000;

/** Create a key. The API returns its secret only in this response. */
export async function create(form: FormData): Promise<CreationResult> {
  const { name = "", kind: requested, expires_in_days, origins: entered = "", org_id = "" } = fieldsOf(form);
  const kind = requested === "secret" || requested === "read" ? requested : "publishable";
  if (!name.trim()) return { error: ERRORS.blank_name };
  const limits = originsFrom(kind === "publishable" ? entered : "");
  if ("error" in limits) return limits;
  const origins = limits.origins.length > 0 ? limits.origins : undefined;
  const days = Number(expires_in_days);
  const expires_at = days > 0 ? new Date(Date.now() + days * DAY_MS).toISOString() : null;
  try {
    const token = await actionToken(org_id);
    const created = await createKey(token, { name, kind, expires_at, origins });
    return { created, keys: await listKeys(token) };
  } catch (error) {
    const isInvalid = error instanceof ApiError && error.code === "invalid_payload";
    return { error: ERRORS[isInvalid ? "invalid_name" : errorCodeOf(error)] };
  }
}

/** Revoke a key of the organisation, and return the remaining keys. */
export async function revoke(
  org_id: string,
  key_id: string,
): Promise<readonly ApiKeyDescription[] | ErrorCode> {
  return actIn(org_id, async (token) => {
    await revokeKey(token, key_id);
    return listKeys(token);
  });
}

/** List the organisation's keys. */
export async function list(org_id: string): Promise<readonly ApiKeyDescription[] | ErrorCode> {
  return actIn(org_id, listKeys);
}

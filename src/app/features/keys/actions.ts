"use server";

import type { CreatedApiKey, NewApiKey } from "@acme/analytics-sdk";
import { type ErrorCode, type ErrorMessage, ERRORS } from "@/features/errors/error-messages";
import { createKey, revokeKey } from "@/server/analytics-api";
import { act } from "@/server/page-data";
import { fieldsOf } from "@/server/requests";
import { originsFrom } from "./origins";

export interface CreationResult {
  /** The new key. After an error, the form keeps the previous key, whose secret may not be copied yet. */
  readonly created?: CreatedApiKey | undefined;
  readonly error?: ErrorMessage;
}

const DAY_MS = 86_400_000;

/** Create a key. The API returns its secret only in this response. */
export async function create(form: FormData): Promise<CreationResult> {
  const { name = "", kind: requested, expires_in_days, origins: entered = "" } = fieldsOf(form);
  const kind = requested === "secret" || requested === "read" ? requested : "publishable";
  if (!name.trim()) return { error: ERRORS.blank_name };
  const limits = originsFrom(kind === "publishable" ? entered : "");
  if ("error" in limits) return limits;
  const origins = limits.origins.length > 0 ? limits.origins : undefined;
  const days = Number(expires_in_days);
  const expires_at = days > 0 ? new Date(Date.now() + days * DAY_MS).toISOString() : null;
  const key: NewApiKey = { name, kind, expires_at, origins };
  const created = await act((token) => createKey(token, key), "invalid_name");
  return typeof created === "string" ? { error: ERRORS[created] } : { created };
}

/** Revoke a key of the organisation. */
export async function revoke(key_id: string): Promise<"revoked" | ErrorCode> {
  return act(async (token) => {
    await revokeKey(token, key_id);
    return "revoked" as const;
  });
}

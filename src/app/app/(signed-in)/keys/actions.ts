"use server";

import { actionToken } from "@/lib/server/access-token";
import {
  ApiRefusal,
  type ApiKey,
  createKey,
  type CreatedApiKey,
  listKeys,
  revokeKey,
} from "@/lib/server/analytics-api";
import { fieldsOf } from "@/lib/server/forms";
import { troubleOf } from "@/lib/server/troubles";
import type { Trouble } from "@/lib/trouble";

// Every action names the organisation that its tab shows: another tab may have switched since.

export interface Creation {
  readonly created?: CreatedApiKey;
  /** The organisation's keys afterwards. */
  readonly keys?: readonly ApiKey[];
  readonly trouble?: Trouble | "invalid";
}

/** Create a key. Its secret is in this response and nowhere else. */
export async function create(_: Creation, form: FormData): Promise<Creation> {
  const { name = "", kind: wanted, org_id = "" } = fieldsOf(form);
  const kind = wanted === "secret" ? "secret" : "publishable";
  try {
    const token = await actionToken(org_id);
    const created = await createKey(token, { name, kind });
    return { created, keys: await listKeys(token) };
  } catch (error) {
    if (error instanceof ApiRefusal && error.status === 422) return { trouble: "invalid" };
    return { trouble: troubleOf(error) };
  }
}

/** Revoke a key of the organisation, and return the keys that are left. */
export async function revoke(org_id: string, key_id: string): Promise<readonly ApiKey[] | Trouble> {
  try {
    const token = await actionToken(org_id);
    await revokeKey(token, key_id);
    return await listKeys(token);
  } catch (error) {
    return troubleOf(error);
  }
}

/** List the organisation's keys. */
export async function list(org_id: string): Promise<readonly ApiKey[] | Trouble> {
  try {
    return await listKeys(await actionToken(org_id));
  } catch (error) {
    return troubleOf(error);
  }
}

"use server";

import { revalidatePath } from "next/cache";
import { actionToken } from "@/lib/server/access-token";
import { ApiRefusal, createKey, type CreatedApiKey, revokeKey } from "@/lib/server/analytics-api";
import { fieldsOf } from "@/lib/server/forms";
import { troubleOf } from "@/lib/server/troubles";
import type { Trouble } from "@/lib/trouble";

export interface Creation {
  readonly created?: CreatedApiKey;
  readonly trouble?: Trouble | "invalid";
}

/** Makes a key; the answer is the only place where its secret ever stands. */
export async function create(_: Creation, form: FormData): Promise<Creation> {
  const { name = "", kind: wanted } = fieldsOf(form);
  const kind = wanted === "secret" ? "secret" : "publishable";
  try {
    const created = await createKey(await actionToken(), { name, kind });
    revalidatePath("/keys");
    return { created };
  } catch (error) {
    if (error instanceof ApiRefusal && error.status === 422) return { trouble: "invalid" };
    return { trouble: troubleOf(error) };
  }
}

/** Ends a key. */
export async function revoke(key_id: string): Promise<Trouble | undefined> {
  try {
    await revokeKey(await actionToken(), key_id);
    revalidatePath("/keys");
    return undefined;
  } catch (error) {
    return troubleOf(error);
  }
}

import "server-only";
import type { ErasureDescription } from "@acme/analytics-sdk";
import { bearer, post, send, sendFor } from "./analytics-api";

/** Erase a user of the token's organisation. A user who was erased before gets the same erasure. */
export function createErasure(access_token: string, user_id: string): Promise<ErasureDescription> {
  return post("/api/v1/erasures", { user_id }, bearer(access_token));
}

/** Return the status of an erasure and, when it is done, its receipt. */
export function describeErasure(access_token: string, erasure_id: string): Promise<ErasureDescription> {
  return send(`/api/v1/erasures/${encodeURIComponent(erasure_id)}`, { headers: bearer(access_token) });
}

/**
 * Yield the lines of JSON with everything that is stored about a user, a page of the API at a time. The line that ends
 * the last page has no `next_cursor`.
 */
export async function* exportUser(access_token: string, user_id: string): AsyncGenerator<string> {
  const path = `/api/v1/users/${encodeURIComponent(user_id)}/export`;
  let query = "";
  for (;;) {
    const text = await (await sendFor(path + query, { headers: bearer(access_token) })).text();
    const lines = text.trimEnd().split("\n");
    const end = JSON.parse(lines.at(-1)!) as { readonly type: string; readonly next_cursor: string | null };
    if (end.type !== "end") throw new Error("The API ended the export early.");
    if (end.next_cursor === null) return yield text;
    yield lines
      .slice(0, -1)
      .map((line) => `${line}\n`)
      .join("");
    query = `?${new URLSearchParams({ cursor: end.next_cursor })}`;
  }
}

import "server-only";
import type { ErasureDescription } from "@acme/analytics-sdk";
import { bearer, post, send, sendFor } from "./analytics-api";
import { ApiError, ApiUnavailableError } from "./auth-errors";

/** The API works on a page for up to 20 seconds. */
const EXPORT_MS = 30_000;
const ATTEMPTS = 4;
const RETRY_MS = 1_000;

/** Erase a user of the token's organisation. A user who was erased before gets the same erasure. */
export function createErasure(access_token: string, user_id: string): Promise<ErasureDescription> {
  return post("/api/v1/erasures", { user_id }, bearer(access_token));
}

/** Return the status of an erasure and, when it is done, its receipt. */
export function describeErasure(access_token: string, erasure_id: string): Promise<ErasureDescription> {
  return send(`/api/v1/erasures/${encodeURIComponent(erasure_id)}`, { headers: bearer(access_token) });
}

/** The end of a page of an export. */
interface End {
  readonly type: string;
  readonly next_cursor: string | null;
  /** The numbers of lines of this page by their type, such as `events`. */
  readonly [counts: string]: unknown;
}

/**
 * Yield the lines of JSON with everything that is stored about a user, a page of the API at a time. The last line has
 * the numbers of all lines. `getToken` is called for each page, as an export can take longer than a token is valid.
 */
export async function* exportUser(
  getToken: () => Promise<string>,
  user_id: string,
): AsyncGenerator<string, void, undefined> {
  const path = `/api/v1/users/${encodeURIComponent(user_id)}/export`;
  const totals: Record<string, number> = {};
  for (let query = ""; ;) {
    const { lines, end } = await readPage(path + query, getToken);
    for (const [name, value] of Object.entries(end))
      if (typeof value === "number") totals[name] = (totals[name] ?? 0) + value;
    yield lines.map((line) => `${line}\n`).join("");
    if (end.next_cursor === null) return yield `${JSON.stringify({ ...end, ...totals })}\n`;
    query = `?${new URLSearchParams({ cursor: end.next_cursor })}`;
  }
}

/** Read a page of an export. A page that fails is requested again, as it can be read again. */
async function readPage(
  path: string,
  getToken: () => Promise<string>,
): Promise<{ readonly lines: readonly string[]; readonly end: End }> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const response = await sendFor(path, { headers: bearer(await getToken()) }, EXPORT_MS);
      const lines = (await response.text()).trimEnd().split("\n");
      const end = JSON.parse(lines.pop()!) as End;
      if (end.type !== "end") throw new ApiUnavailableError("The API ended the page early.");
      return { lines, end };
    } catch (error) {
      if (error instanceof ApiError || attempt === ATTEMPTS) throw unavailable(error);
      await new Promise((resolve) => setTimeout(resolve, attempt * RETRY_MS));
    }
  }
}

/** Return the error, or ApiUnavailableError if the response ended early or took too long. */
function unavailable(error: unknown): Error {
  if (error instanceof ApiError || error instanceof ApiUnavailableError) return error;
  return new ApiUnavailableError("The API didn't send the whole page.", { cause: error });
}

import "server-only";
import type { Session } from "./session";

// See docs/decisions/dashboard-sessions.md for what this doesn't cover.

type Ended = Pick<Session, "session_id" | "ends_at">;

/** About 10 MB. Only somebody who was signed in can add an entry; the oldest make room. */
const REMEMBERED_MAX = 100_000;

/** One for the process: Next gives the proxy and the routes each a copy of this module. */
const shared = globalThis as { acmeSignedOut?: Map<string, number> };
const signedOut = (shared.acmeSignedOut ??= new Map<string, number>());

/** Refuse this session from now on, until its cookie has ended anyway. */
export function rememberSignOut({ session_id, ends_at }: Ended): void {
  const now = Date.now() / 1000;
  for (const [id, end] of signedOut) {
    if (end > now && signedOut.size < REMEMBERED_MAX) break;
    signedOut.delete(id);
  }
  signedOut.set(session_id, ends_at);
}

export function isSignedOut({ session_id }: Ended): boolean {
  return signedOut.has(session_id);
}

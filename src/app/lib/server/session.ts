import "server-only";
import { decodeJwt } from "jose";
import { exchange } from "./analytics-api";
import type { Identity } from "./identity";
import { isDue, renewed } from "./renewal";
import { SealedCookie } from "./sealed";

/** What the session cookie holds. */
export interface Session extends Identity {
  /** The organisation that pages show when they are opened. */
  readonly org_id: string;
}

/** Who stays away for longer signs in again. */
const SESSION_SECONDS = 12 * 3600;

const cookie = new SealedCookie<Session>("acme-session", SESSION_SECONDS);

/** The session as the browser has it; its ID token may have ended. */
export function readSession(): Promise<Session | undefined> {
  return cookie.read();
}

/** The session with an ID token that is good, where cookies can be set. Throws as `renewed`. */
export async function currentSession(): Promise<Session | undefined> {
  const session = await cookie.read();
  if (!session || !isDue(session)) return session;
  const current = { ...session, ...(await renewed(session)) };
  await cookie.write(current);
  return current;
}

/** Opens a session in this organisation, or the first of theirs. Throws ApiRefusal for a stranger to it. */
export async function openSession(identity: Identity, org_id?: string): Promise<void> {
  const { access_token } = await exchange(identity.id_token, org_id);
  await cookie.write({ ...identity, org_id: decodeJwt<{ org_id: string }>(access_token).org_id });
}

export function endSession(): Promise<void> {
  return cookie.clear();
}

import "server-only";
import { randomUUID } from "node:crypto";
import { decodeJwt } from "jose";
import { exchange } from "./analytics-api";
import type { Identity } from "./identity";
import { isDue, renewed } from "./renewal";
import { SealedCookie } from "./sealed";
import { isSignedOut, rememberSignOut } from "./signed-out";

/** What the session cookie holds. */
export interface Session extends Identity {
  /** The organisation that pages show when they are opened. */
  readonly org_id: string;
  /** Names the session, so that it can be refused after signing out. */
  readonly session_id: string;
  /** When the session ends however much it is used, in seconds since 1970. */
  readonly ends_at: number;
}

/** An unused session ends after this time. */
const IDLE_SECONDS = 12 * 3600;
/** Every session ends after this time. */
const LIFETIME_SECONDS = 7 * 24 * 3600;

const cookie = new SealedCookie<Session>("acme-session");

/** The session as the browser has it; its ID token may have ended. */
export async function readSession(): Promise<Session | undefined> {
  const session = await cookie.read();
  return session && secondsLeft(session) > 0 && !isSignedOut(session) ? session : undefined;
}

/** The session with a valid ID token, where cookies can be set. Throws as `renewed`. */
export async function currentSession(): Promise<Session | undefined> {
  const session = await readSession();
  if (!session || !isDue(session)) return session;
  const current = { ...session, ...(await renewed(session)) };
  await write(current);
  return current;
}

/**
 * Opens a session in this organisation, or the user's first one; a session that is open keeps its id and its
 * end. Throws ApiRefusal for a stranger to the organisation.
 */
export async function openSession(identity: Identity | Session, org_id?: string): Promise<void> {
  const { access_token } = await exchange(identity.id_token, org_id);
  await write({
    session_id: randomUUID(),
    ends_at: seconds() + LIFETIME_SECONDS,
    ...identity,
    org_id: decodeJwt<{ org_id: string }>(access_token).org_id,
  });
}

/** Ends the session here and for every copy of its cookie. */
export async function endSession(): Promise<void> {
  const session = await readSession();
  if (session) rememberSignOut(session);
  await cookie.clear();
}

function write(session: Session): Promise<void> {
  return cookie.write(session, Math.min(IDLE_SECONDS, secondsLeft(session)));
}

/** Until the end that use doesn't extend; never for a cookie of a version without one. */
function secondsLeft({ ends_at }: Session): number {
  return Math.floor(ends_at - seconds());
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}

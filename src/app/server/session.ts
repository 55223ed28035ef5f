import "server-only";
import { randomUUID } from "node:crypto";
import { decodeJwt } from "jose";
import { invitationIn } from "@/features/invitations/invitation-path";
import { pathOf } from "@/features/navigation/paths";
import { acceptInvitation, createOrganization, exchangeToken } from "./analytics-api";
import { ApiError } from "./auth-errors";
import { EncryptedCookie } from "./encrypted-cookie";
import { type Identity, sampleIdentity } from "./identity";
import { refreshIdentity } from "./oidc";
import { settings } from "./settings";

/** The content of the session cookie. */
export interface Session extends Identity {
  /** The organisation of addresses that don't contain one. Empty if the user isn't a member of any. */
  readonly org_id: string;
  /** Identifies the session, so that it can be rejected after sign-out. */
  readonly session_id: string;
  /** The absolute end of the session, in seconds since 1970. Use of the session doesn't extend it. */
  readonly ends_at: number;
}

/** The page of users who aren't members of any organisation. */
export const SIGN_UP_PATH = "/sign-up";

/** An unused session ends after this time. */
const IDLE_SECONDS = 12 * 3600;
/** Every session ends after this time. */
const LIFETIME_SECONDS = 7 * 24 * 3600;
/** An ID token is renewed before it expires, so that it is still valid when the API verifies it. */
const RENEW_AHEAD_SECONDS = 60;
/** Tabs that renew at the same time share one renewal, because a provider accepts a refresh token only once. */
const RENEWAL_KEPT_MS = 30_000;
/** About 10 MB. Only a signed-in user can add an entry; the oldest entries are evicted. */
const SIGNED_OUT_MAX = 100_000;

/** Shared within the process: Next gives the proxy and the routes each a copy of this module. */
const shared = globalThis as {
  acmeRenewals?: Map<string, Promise<Identity>>;
  acmeSignedOut?: Map<string, number>;
};
const renewals = (shared.acmeRenewals ??= new Map<string, Promise<Identity>>());
/** The ends of the sessions that were signed out. docs/decisions/010-dashboard-sessions.md describes the limits. */
const signedOut = (shared.acmeSignedOut ??= new Map<string, number>());

const cookie = new EncryptedCookie<Session>("acme-session");

/** Return the session of the browser's cookie. Its ID token may have expired. */
export async function readSession(): Promise<Session | undefined> {
  const session = await cookie.read();
  return session && secondsLeft(session) > 0 && !signedOut.has(session.session_id) ? session : undefined;
}

/** Return the session with a valid ID token. It may renew the token, so call it only where cookies can be set. */
export async function currentSession(): Promise<Session | undefined> {
  const session = await readSession();
  if (!session || session.id_token_ends_at - RENEW_AHEAD_SECONDS >= now()) return session;
  const current = { ...session, ...(await renew(session)) };
  await write(current);
  return current;
}

/**
 * Open a session for a page, and return the path of the page to show. If it is the page of an invitation, the
 * invitation is accepted first, because an invited person may not be a member of any organisation yet. A user without
 * an organisation gets a session in which only the sign-up page and the pages of invitations can be opened.
 */
export async function openSessionAt(
  path: string,
  identity: Identity | Session,
  org_id?: string,
): Promise<string> {
  const invitation = invitationIn(path);
  if (!invitation) return (await openSessionIfMember(identity, org_id)) ? path : SIGN_UP_PATH;
  const joined = await acceptInvitation(identity.id_token, invitation);
  await open(identity, joined.org_id);
  return pathOf(joined.org_id, "overview");
}

/** Create an organisation for the session's user, open it, and return the path of its overview. */
export async function createOwnOrganization(session: Session, name: string): Promise<string> {
  const { org_id } = await createOrganization(session.id_token, name);
  await open(session, org_id);
  return pathOf(org_id, "overview");
}

/**
 * Open a session in this organisation or the user's first one, and return whether the user is a member. Without
 * `org_id`, a user who isn't gets a session without an organisation. Throws ApiError if the user isn't a member of
 * `org_id`.
 */
async function openSessionIfMember(identity: Identity | Session, org_id?: string): Promise<boolean> {
  try {
    const { access_token } = await exchangeToken(identity.id_token, org_id);
    await open(identity, decodeJwt<{ org_id: string }>(access_token).org_id);
    return true;
  } catch (error) {
    if (org_id || !(error instanceof ApiError) || error.code !== "not_a_member") throw error;
    await open(identity, "");
    return false;
  }
}

/** Open a session in an organisation of the user. An open session keeps its id and its end. */
function open(identity: Identity | Session, org_id: string): Promise<void> {
  const ends_at = Math.floor(now()) + LIFETIME_SECONDS;
  return write({ session_id: randomUUID(), ends_at, ...identity, org_id });
}

/** End the session in this browser and for every copy of its cookie. */
export async function endSession(): Promise<void> {
  const session = await readSession();
  if (session) denySession(session);
  await cookie.clear();
}

/** Get the next ID token, once for all concurrent callers. */
function renew(identity: Identity): Promise<Identity> {
  const known = renewals.get(identity.id_token);
  if (known) return known;
  const renewal = settings().oidc ? refreshIdentity(identity) : sampleIdentity(identity.user.id, true);
  const forget = (): boolean => renewals.delete(identity.id_token);
  renewals.set(identity.id_token, renewal);
  renewal.then(() => setTimeout(forget, RENEWAL_KEPT_MS).unref(), forget);
  return renewal;
}

/** Reject copies of this session's cookie until they expire. */
function denySession({ session_id, ends_at }: Session): void {
  for (const [id, end] of signedOut) {
    if (end > now() && signedOut.size < SIGNED_OUT_MAX) break;
    signedOut.delete(id);
  }
  signedOut.set(session_id, ends_at);
}

function write(session: Session): Promise<void> {
  return cookie.write(session, Math.min(IDLE_SECONDS, secondsLeft(session)));
}

/** Return the seconds until the absolute end. Return NaN for a cookie of an early version, which has no end. */
function secondsLeft({ ends_at }: Session): number {
  return Math.floor(ends_at - now());
}

function now(): number {
  return Date.now() / 1000;
}

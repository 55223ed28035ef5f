import "server-only";
import { cache } from "react";
import { exchange } from "./analytics-api";
import { currentSession, readSession, type Session } from "./session";
import { IdentityEnded } from "./identity";

const issue = cache(
  async (id_token: string, org_id: string) => (await exchange(id_token, org_id)).access_token,
);

/** An access token for the organisation that the session shows: one for all who ask while a page is rendered. */
export function accessTokenOf({ id_token, org_id }: Session): Promise<string> {
  return issue(id_token, org_id);
}

/** The same for a page, and the organisation that the token is for. */
export async function pageToken(): Promise<{ org_id: string; token: string }> {
  const session = signedIn(await readSession());
  return { org_id: session.org_id, token: await accessTokenOf(session) };
}

/**
 * An access token for an action in the organisation that the form names: the cookie's is the one that some
 * tab showed last. The API refuses people who are not members of it. The response may renew the session.
 */
export async function actionToken(org_id: string): Promise<string> {
  return accessTokenOf({ ...signedIn(await currentSession()), org_id });
}

function signedIn(session: Session | undefined): Session {
  if (!session) throw new IdentityEnded("Nobody is signed in.");
  return session;
}

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

/** The same for a page. */
export async function pageToken(): Promise<string> {
  return accessTokenOf(signedIn(await readSession()));
}

/** The same for an action, whose answer may renew the session. */
export async function actionToken(): Promise<string> {
  return accessTokenOf(signedIn(await currentSession()));
}

function signedIn(session: Session | undefined): Session {
  if (!session) throw new IdentityEnded("Nobody is signed in.");
  return session;
}

import "server-only";
import { cache } from "react";
import { exchangeToken } from "./analytics-api";
import { ReauthenticationRequiredError } from "./auth-errors";
import { currentSession, readSession, type Session } from "./session";

const issue = cache(
  async (id_token: string, org_id: string) => (await exchangeToken(id_token, org_id)).access_token,
);

/** Return an access token for the session's organisation; one token per rendered page. */
export function accessTokenOf({ id_token, org_id }: Session): Promise<string> {
  return issue(id_token, org_id);
}

/** Return the access token for a page, and the organisation that the token is for. */
export async function pageToken(): Promise<{ org_id: string; token: string }> {
  const session = required(await readSession());
  return { org_id: session.org_id, token: await accessTokenOf(session) };
}

/**
 * Return an access token for an action in the organisation that its form names. The organisation in the cookie can't be
 * used, because another tab may have switched it. The API rejects users who aren't members. The response may renew the
 * session.
 */
export async function actionToken(org_id: string): Promise<string> {
  return accessTokenOf({ ...required(await currentSession()), org_id });
}

function required(session: Session | undefined): Session {
  if (!session) throw new ReauthenticationRequiredError("No user is signed in.");
  return session;
}

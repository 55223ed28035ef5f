import "server-only";
import { cache } from "react";
import { exchangeToken } from "./analytics-api";
import { ReauthenticationRequiredError } from "./auth-errors";
import { pathOrganization } from "./path-organization";
import { currentSession, readSession, type Session } from "./session";

const issue = cache(
  async (id_token: string, org_id: string) => (await exchangeToken(id_token, org_id)).access_token,
);

/** Return an access token for the organisation in the page's path; one token per rendered page. */
export async function pageToken(): Promise<string> {
  return tokenOf(await readSession());
}

/** Return an access token for the organisation in the path of an action. The response may renew the session. */
export async function actionToken(): Promise<string> {
  return tokenOf(await currentSession());
}

/** Return an access token. The API rejects users who aren't members of the organisation. */
async function tokenOf(session: Session | undefined): Promise<string> {
  if (!session) throw new ReauthenticationRequiredError("No user is signed in.");
  return issue(session.id_token, await pathOrganization());
}

import "server-only";
import type { SessionView } from "../session";
import { accessTokenOf } from "./access-token";
import { describeCaller, describeHealth } from "./analytics-api";
import type { Session } from "./session";
import { settings } from "./settings";

/** What pages may know of the session, and of the API that they talk to. Throws ApiRefusal, or ApiAway. */
export async function viewOf(session: Session): Promise<{ view: SessionView; apiVersion: string }> {
  const [caller, health] = await Promise.all([callerOf(session), describeHealth()]);
  const { org_id, role, scopes, organizations } = caller;
  const apiBaseUrl = settings().publicApiUrl;
  const view = { user: session.user, organizations, org_id, role, scopes, apiBaseUrl };
  return { view, apiVersion: health.version };
}

async function callerOf(session: Session) {
  return describeCaller(await accessTokenOf(session));
}

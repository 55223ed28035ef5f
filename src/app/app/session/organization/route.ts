import { errorCodeOf } from "@/server/auth-errors";
import { formOf, redirectTo, safePath, sameOriginPost } from "@/server/requests";
import { currentSession, openSessionAt } from "@/server/session";

/** Switch the session to another organisation, or to the user's first one without `org_id`. */
export const POST = sameOriginPost(async (request, body) => {
  const { org_id, return: path } = formOf(body);
  try {
    const session = await currentSession();
    if (!session) return redirectTo(request, "/sign-in?error=session_ended");
    return redirectTo(request, await openSessionAt(safePath(path), session, org_id));
  } catch (error) {
    return redirectTo(request, `/sign-in?error=${errorCodeOf(error)}`);
  }
});

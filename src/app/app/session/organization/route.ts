import { errorCodeOf } from "@/server/auth-errors";
import { formOf, redirectTo, safePath, sameOriginPost } from "@/server/requests";
import { currentSession, openSession } from "@/server/session";

/** Switch the session to another organisation, or to the user's first one without `org_id`. */
export const POST = sameOriginPost(async (request, body) => {
  const { org_id, return: path } = formOf(body);
  try {
    const session = await currentSession();
    if (!session) return redirectTo(request, "/sign-in?error=session_ended");
    await openSession(session, org_id);
  } catch (error) {
    return redirectTo(request, `/sign-in?error=${errorCodeOf(error)}`);
  }
  return redirectTo(request, safePath(path));
});

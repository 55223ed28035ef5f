import { formOf, ownPost } from "@/lib/server/forms";
import { redirectTo, safePath } from "@/lib/server/origin";
import { currentSession, openSession } from "@/lib/server/session";
import { troubleOf } from "@/lib/server/troubles";

/** Shows another of the user's organisations from now on; without `org_id`, their first one. */
export const POST = ownPost(async (request, body) => {
  const { org_id, return: path } = formOf(body);
  try {
    const session = await currentSession();
    if (!session) return redirectTo(request, "/sign-in?trouble=session_ended");
    await openSession(session, org_id);
  } catch (error) {
    return redirectTo(request, `/sign-in?trouble=${troubleOf(error)}`);
  }
  return redirectTo(request, safePath(path));
});

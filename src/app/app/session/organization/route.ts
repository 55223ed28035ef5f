import { formOf } from "@/lib/server/forms";
import { foreignOrigin, redirectTo, safePath } from "@/lib/server/origin";
import { currentSession, openSession } from "@/lib/server/session";
import { troubleOf } from "@/lib/server/troubles";

/** Shows another organisation of the user's from now on; without `org_id`, their first one. */
export async function POST(request: Request): Promise<Response> {
  const refusal = foreignOrigin(request);
  if (refusal) return refusal;
  const { org_id, return: path } = await formOf(request);
  try {
    const session = await currentSession();
    if (!session) return redirectTo(request, "/sign-in?trouble=session_ended");
    await openSession(session, org_id);
  } catch (error) {
    return redirectTo(request, `/sign-in?trouble=${troubleOf(error)}`);
  }
  return redirectTo(request, safePath(path));
}

import { errorCodeOf } from "@/server/auth-errors";
import { redirectTo, sameOriginPost } from "@/server/requests";
import { currentSession, openSessionAt } from "@/server/session";

/** Open the user's first organisation, because they have no organisation yet or no access to this one. */
export const POST = sameOriginPost(async (request) => {
  try {
    const session = await currentSession();
    if (!session) return redirectTo(request, "/sign-in?error=session_ended");
    return redirectTo(request, await openSessionAt("/", session));
  } catch (error) {
    return redirectTo(request, `/sign-in?error=${errorCodeOf(error)}`);
  }
});

import { invitationPath } from "@/features/invitations/invitation-path";
import { errorCodeOf } from "@/server/auth-errors";
import { formOf, redirectTo, sameOriginPost } from "@/server/requests";
import { currentSession, openSessionAt } from "@/server/session";

/** Accept an invitation as the signed-in user. */
export const POST = sameOriginPost(async (request, body) => {
  const path = invitationPath(formOf(body)["invitation"] ?? "");
  try {
    const session = await currentSession();
    if (!session) return redirectTo(request, `/sign-in?${new URLSearchParams({ return: path })}`);
    return redirectTo(request, await openSessionAt(path, session));
  } catch (error) {
    return redirectTo(request, `${path}&error=${errorCodeOf(error)}`);
  }
});

import { ApiError, errorCodeOf } from "@/server/auth-errors";
import { formOf, redirectTo, sameOriginPost } from "@/server/requests";
import { createOwnOrganization, currentSession, SIGN_UP_PATH } from "@/server/session";

/** Create an organisation for the signed-in person, and open it. */
export const POST = sameOriginPost(async (request, body) => {
  const name = formOf(body)["name"] ?? "";
  try {
    const session = await currentSession();
    if (!session) return redirectTo(request, "/sign-in?error=session_ended");
    return redirectTo(request, await createOwnOrganization(session, name));
  } catch (error) {
    const isInvalid = error instanceof ApiError && error.code === "invalid_payload";
    const code = isInvalid ? "invalid_name" : errorCodeOf(error);
    return redirectTo(request, `${SIGN_UP_PATH}?${new URLSearchParams({ error: code, name })}`);
  }
});

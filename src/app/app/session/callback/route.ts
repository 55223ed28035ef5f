import { ApiError } from "@/server/auth-errors";
import { finishSignIn } from "@/server/oidc";
import { ownOrigin, redirectTo } from "@/server/requests";
import { openSessionAt } from "@/server/session";

/** The errors of the API that the sign-in page explains. */
const EXPECTED: ReadonlySet<string> = new Set([
  "not_a_member",
  "organization_suspended",
  "invitation_invalid",
  "invitation_expired",
  "email_not_verified",
  "email_mismatch",
]);

/** The redirect URI of the identity provider. */
export async function GET(request: Request): Promise<Response> {
  const { search } = new URL(request.url);
  let path = "";
  try {
    const { identity, returnTo } = await finishSignIn(
      new URL(`/session/callback${search}`, ownOrigin(request)),
    );
    path = returnTo;
    return redirectTo(request, await openSessionAt(returnTo, identity));
  } catch (error) {
    const code = error instanceof ApiError && EXPECTED.has(error.code) ? error.code : "sign_in_failed";
    if (code === "sign_in_failed") console.error("Sign-in failed:", error);
    return redirectTo(request, `/sign-in?${new URLSearchParams({ error: code, return: path })}`);
  }
}

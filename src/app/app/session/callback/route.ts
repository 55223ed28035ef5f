import { ApiError } from "@/server/auth-errors";
import { finishSignIn } from "@/server/oidc";
import { ownOrigin, redirectTo } from "@/server/requests";
import { openSession } from "@/server/session";

/** The redirect URI of the identity provider. */
export async function GET(request: Request): Promise<Response> {
  const { search } = new URL(request.url);
  try {
    const { identity, returnTo } = await finishSignIn(
      new URL(`/session/callback${search}`, ownOrigin(request)),
    );
    await openSession(identity);
    return redirectTo(request, returnTo);
  } catch (error) {
    const isNotAMember = error instanceof ApiError && error.code === "not_a_member";
    if (!isNotAMember) console.error("Sign-in failed:", error);
    return redirectTo(request, `/sign-in?error=${isNotAMember ? "not_a_member" : "sign_in_failed"}`);
  }
}

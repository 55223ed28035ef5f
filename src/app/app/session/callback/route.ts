import { finishSignIn } from "@/lib/server/oidc";
import { ownOrigin, redirectTo } from "@/lib/server/origin";
import { openSession } from "@/lib/server/session";
import { ApiRefusal } from "@/lib/server/analytics-api";

/** Where the identity provider sends the browser back to. */
export async function GET(request: Request): Promise<Response> {
  const { search } = new URL(request.url);
  try {
    const { identity, returnTo } = await finishSignIn(
      new URL(`/session/callback${search}`, ownOrigin(request)),
    );
    await openSession(identity);
    return redirectTo(request, returnTo);
  } catch (error) {
    const isStranger = error instanceof ApiRefusal && error.code === "not_a_member";
    if (!isStranger) console.error("Signing in failed:", error);
    return redirectTo(request, `/sign-in?trouble=${isStranger ? "not_a_member" : "sign_in_failed"}`);
  }
}

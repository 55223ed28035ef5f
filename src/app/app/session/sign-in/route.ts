import { organizationIn } from "@/features/navigation/paths";
import { errorCodeOf } from "@/server/auth-errors";
import { sampleIdentity } from "@/server/identity";
import { startSignIn } from "@/server/oidc";
import { formOf, ownOrigin, redirectTo, safePath, sameOriginPost } from "@/server/requests";
import { openSessionAt } from "@/server/session";
import { settings } from "@/server/settings";

/** Redirect to the identity provider. */
export async function GET(request: Request): Promise<Response> {
  if (!settings().oidc) return redirectTo(request, "/sign-in");
  const returnTo = safePath(new URL(request.url).searchParams.get("return"));
  try {
    return Response.redirect(await startSignIn(`${ownOrigin(request)}/session/callback`, returnTo), 303);
  } catch (error) {
    return redirectTo(request, `/sign-in?error=${errorCodeOf(error)}`);
  }
}

/** Sign in a sample user of a local installation. */
export const POST = sameOriginPost(async (request, body) => {
  if (settings().oidc) return new Response(null, { status: 404 });
  const { user_id = "", org_id, return: requested } = formOf(body);
  const path = safePath(requested);
  const isChosen = [undefined, org_id].includes(organizationIn(path));
  try {
    const identity = await sampleIdentity(user_id);
    return redirectTo(request, await openSessionAt(isChosen ? path : "/", identity, org_id));
  } catch (error) {
    return redirectTo(
      request,
      `/sign-in?${new URLSearchParams({ error: errorCodeOf(error), return: path })}`,
    );
  }
});

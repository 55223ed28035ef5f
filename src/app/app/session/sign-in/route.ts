import { formOf, ownPost } from "@/lib/server/forms";
import { startSignIn } from "@/lib/server/oidc";
import { ownOrigin, redirectTo, safePath } from "@/lib/server/origin";
import { sampleIdentity } from "@/lib/server/renewal";
import { openSession } from "@/lib/server/session";
import { settings } from "@/lib/server/settings";
import { troubleOf } from "@/lib/server/troubles";

/** To the identity provider's own page. */
export async function GET(request: Request): Promise<Response> {
  if (!settings().oidc) return redirectTo(request, "/sign-in");
  const returnTo = safePath(new URL(request.url).searchParams.get("return"));
  try {
    return Response.redirect(await startSignIn(`${ownOrigin(request)}/session/callback`, returnTo), 303);
  } catch (error) {
    return redirectTo(request, `/sign-in?trouble=${troubleOf(error)}`);
  }
}

/** Signs a sample user in, locally. */
export const POST = ownPost(async (request, body) => {
  if (settings().oidc) return new Response(null, { status: 404 });
  const { user_id = "", org_id, return: path } = formOf(body);
  try {
    await openSession(await sampleIdentity(user_id), org_id);
  } catch (error) {
    return redirectTo(request, `/sign-in?trouble=${troubleOf(error)}`);
  }
  return redirectTo(request, safePath(path));
});

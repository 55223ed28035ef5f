import { randomBytes } from "node:crypto";
import { type NextRequest, NextResponse } from "next/server";
import { decodablePath, movedPath } from "@/features/navigation/paths";
import { errorCodeOf } from "@/server/auth-errors";
import { contentSecurityPolicy } from "@/server/content-security-policy";
import { setOrganization } from "@/server/path-organization";
import { redirectTo } from "@/server/requests";
import { currentSession, readSession, SIGN_UP_PATH } from "@/server/session";

const POLICY = "Content-Security-Policy";
/** The pages of share links, which nobody has to sign in for. */
const SHARED = "/s/";
/** The pages that a signed-in person without an organisation can open. */
const WITHOUT_ORGANIZATION: ReadonlySet<string> = new Set([SIGN_UP_PATH, "/join"]);

/**
 * Redirect to the sign-in page without a session, to the sign-up page without an organisation, and from addresses
 * without an organisation to those with one. Set the organisation of the path and the content security policy.
 */
export async function proxy(request: NextRequest): Promise<Response> {
  const elsewhere = await redirectElsewhere(request);
  if (elsewhere) return elsewhere;
  const nonce = randomBytes(16).toString("base64");
  const policy = contentSecurityPolicy(nonce);
  const headers = new Headers(request.headers);
  headers.set(POLICY, policy); // Next reads the nonce for its scripts from here
  headers.set("X-Nonce", nonce);
  setOrganization(headers, request.nextUrl.pathname);
  const { pathname } = request.nextUrl;
  const path = decodablePath(pathname);
  const init = { request: { headers } };
  // Next responds with status 500 to a path that it can't decode.
  const response =
    path === pathname ? NextResponse.next(init) : NextResponse.rewrite(new URL(path, request.url), init);
  response.headers.set(POLICY, policy);
  return response;
}

async function redirectElsewhere(request: NextRequest): Promise<Response | undefined> {
  const { pathname, search } = request.nextUrl;
  if (pathname === "/sign-in" || pathname.startsWith(SHARED)) return undefined;
  const query = new URLSearchParams({ return: pathname + search });
  const session = await currentSession().catch((error: unknown) => {
    const code = errorCodeOf(error);
    if (code !== "session_ended") return readSession(); // the page reports the error
    query.set("error", code);
    return undefined;
  });
  if (!session) return redirectTo(request, `/sign-in?${query}`);
  if (WITHOUT_ORGANIZATION.has(pathname)) return undefined;
  if (!session.org_id) return redirectTo(request, SIGN_UP_PATH);
  const moved = movedPath(pathname, session.org_id);
  return moved === undefined ? undefined : redirectTo(request, moved + search);
}

export const config = {
  matcher: "/((?!_next/|session/|healthz|icon.svg|favicon.ico).*)",
};

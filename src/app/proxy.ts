import { randomBytes } from "node:crypto";
import { type NextRequest, NextResponse } from "next/server";
import { errorCodeOf } from "@/server/auth-errors";
import { contentSecurityPolicy } from "@/server/content-security-policy";
import { redirectTo } from "@/server/requests";
import { currentSession } from "@/server/session";

const POLICY = "Content-Security-Policy";

/** Redirect to the sign-in page without a session, and set the page's content security policy. */
export async function proxy(request: NextRequest): Promise<Response> {
  const signIn = await redirectToSignIn(request);
  if (signIn) return signIn;
  const nonce = randomBytes(16).toString("base64");
  const policy = contentSecurityPolicy(nonce);
  const headers = new Headers(request.headers);
  headers.set(POLICY, policy); // Next reads the nonce for its scripts from here
  headers.set("X-Nonce", nonce);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set(POLICY, policy);
  return response;
}

async function redirectToSignIn(request: NextRequest): Promise<Response | undefined> {
  const { pathname, search } = request.nextUrl;
  if (pathname === "/sign-in") return undefined;
  const path = new URLSearchParams({ return: pathname + search });
  try {
    if (await currentSession()) return undefined;
  } catch (error) {
    const code = errorCodeOf(error);
    if (code !== "session_ended") return undefined; // the page reports the error
    path.set("error", code);
  }
  return redirectTo(request, `/sign-in?${path}`);
}

export const config = {
  matcher: "/((?!_next/|session/|healthz|icon.svg).*)",
};

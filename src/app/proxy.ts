import { randomBytes } from "node:crypto";
import { type NextRequest, NextResponse } from "next/server";
import { contentSecurityPolicy } from "@/lib/server/content-security-policy";
import { redirectTo } from "@/lib/server/origin";
import { currentSession } from "@/lib/server/session";
import { troubleOf } from "@/lib/server/troubles";

const POLICY = "Content-Security-Policy";

/** Before every page: who is not signed in goes to sign in, and the page gets its security policy. */
export async function proxy(request: NextRequest): Promise<Response> {
  const signIn = await toSignIn(request);
  if (signIn) return signIn;
  const nonce = randomBytes(16).toString("base64");
  const policy = contentSecurityPolicy(nonce);
  const headers = new Headers(request.headers);
  headers.set(POLICY, policy); // Next takes the nonce for its own scripts from here
  headers.set("X-Nonce", nonce);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set(POLICY, policy);
  return response;
}

async function toSignIn(request: NextRequest): Promise<Response | undefined> {
  const { pathname, search } = request.nextUrl;
  if (pathname === "/sign-in") return undefined;
  const path = new URLSearchParams({ return: pathname + search });
  try {
    if (await currentSession()) return undefined;
  } catch (error) {
    const trouble = troubleOf(error);
    if (trouble !== "session_ended") return undefined; // the page says what is the matter
    path.set("trouble", trouble);
  }
  return redirectTo(request, `/sign-in?${path}`);
}

export const config = {
  matcher: "/((?!_next/|session/|healthz|icon.svg).*)",
};

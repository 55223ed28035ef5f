import "server-only";
import { cookies } from "next/headers";
import { openSession, sealSession, type Session, SESSION_SECONDS } from "./session-cookie";
import { settings } from "./settings";

export type { Session } from "./session-cookie";

export async function readSession(): Promise<Session | undefined> {
  return openSession((await cookies()).get(cookieName())?.value);
}

export async function writeSession(session: Session): Promise<void> {
  (await cookies()).set(cookieName(), await sealSession(session), {
    httpOnly: true,
    sameSite: "lax",
    secure: isSecure(),
    path: "/",
    maxAge: SESSION_SECONDS,
  });
}

export async function endSession(): Promise<void> {
  (await cookies()).delete(cookieName());
}

/** `__Host-`: no other host may set it. Browsers accept that over https only. */
function cookieName(): string {
  return isSecure() ? "__Host-acme-session" : "acme-session";
}

function isSecure(): boolean {
  return settings().dashboardUrl?.startsWith("https:") ?? false;
}

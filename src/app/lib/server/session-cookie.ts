import "server-only";
import { createHash } from "node:crypto";
import { EncryptJWT, jwtDecrypt } from "jose";
import type { User } from "../session";
import { settings } from "./settings";

/** What the session cookie holds, encrypted: the browser can neither read nor change it. */
export interface Session {
  readonly user: User;
  /** The organisation that pages show when they are opened. */
  readonly org_id: string;
  readonly id_token: string;
  /** When the ID token ends, in seconds since 1970. */
  readonly id_token_ends_at: number;
  /** With it the identity provider gives the next ID token. */
  readonly refresh_token?: string | undefined;
}

/** After so long everybody signs in again. */
export const SESSION_SECONDS = 12 * 3600;

export async function sealSession(session: Session): Promise<string> {
  return new EncryptJWT({ session })
    .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
    .setExpirationTime(`${SESSION_SECONDS} s`)
    .encrypt(key());
}

/** Undefined for what is no session of ours, or has ended. */
export async function openSession(sealed: string | undefined): Promise<Session | undefined> {
  if (!sealed) return undefined;
  try {
    const { payload } = await jwtDecrypt<{ session: Session }>(sealed, key(), {
      keyManagementAlgorithms: ["dir"],
      contentEncryptionAlgorithms: ["A256GCM"],
    });
    return payload.session;
  } catch {
    return undefined;
  }
}

function key(): Uint8Array {
  return createHash("sha256").update(settings().sessionSecret).digest();
}

import "server-only";
import { createHash } from "node:crypto";
import { EncryptJWT, jwtDecrypt } from "jose";
import { cookies } from "next/headers";
import { settings } from "./settings";

/** Browsers accept 4,096 bytes per cookie, including name and attributes. */
const CHUNK_BYTES_MAX = 3800;

/** A value that the browser stores but can neither read nor change, in up to three cookies. */
export class EncryptedCookie<T extends object> {
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  /** Return the value, or undefined if it is missing, invalid or expired. */
  async read(): Promise<T | undefined> {
    const jar = await cookies();
    const chunks = this.#names().map((name) => jar.get(name)?.value ?? "");
    return decrypt<T>(chunks.join(""), this.#name);
  }

  async write(value: T, seconds: number): Promise<void> {
    const jar = await cookies();
    const encrypted = await encrypt(value, this.#name, seconds);
    const names = this.#names();
    if (encrypted.length > names.length * CHUNK_BYTES_MAX)
      throw new Error(`The value of ${this.#name} is too large.`);
    for (const [index, name] of names.entries()) {
      const chunk = encrypted.slice(index * CHUNK_BYTES_MAX, (index + 1) * CHUNK_BYTES_MAX);
      if (chunk) jar.set(name, chunk, { ...attributes(), maxAge: seconds });
      else if (jar.has(name)) this.#remove(jar, name);
    }
  }

  async clear(): Promise<void> {
    const jar = await cookies();
    for (const name of this.#names()) if (jar.has(name)) this.#remove(jar, name);
  }

  #remove(jar: Awaited<ReturnType<typeof cookies>>, name: string): void {
    jar.set(name, "", { ...attributes(), maxAge: 0 });
  }

  /** The prefix `__Host-` prevents other hosts from setting the cookie. Browsers accept it only over https. */
  #names(): string[] {
    const name = isSecure() ? `__Host-${this.#name}` : this.#name;
    return [name, `${name}-2`, `${name}-3`];
  }
}

async function encrypt(value: object, use: string, seconds: number): Promise<string> {
  return new EncryptJWT({ value })
    .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
    .setAudience(use)
    .setExpirationTime(`${seconds} s`)
    .encrypt(key());
}

async function decrypt<T>(encrypted: string, use: string): Promise<T | undefined> {
  if (!encrypted) return undefined;
  try {
    const { payload } = await jwtDecrypt<{ value: T }>(encrypted, key(), {
      audience: use,
      keyManagementAlgorithms: ["dir"],
      contentEncryptionAlgorithms: ["A256GCM"],
    });
    return payload.value;
  } catch {
    return undefined;
  }
}

function key(): Uint8Array {
  return createHash("sha256").update(settings().sessionSecret).digest();
}

function attributes() {
  return { httpOnly: true, sameSite: "lax", secure: isSecure(), path: "/" } as const;
}

function isSecure(): boolean {
  return settings().dashboardUrl?.startsWith("https:") ?? false;
}

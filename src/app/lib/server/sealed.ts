import "server-only";
import { createHash } from "node:crypto";
import { EncryptJWT, jwtDecrypt } from "jose";
import { cookies } from "next/headers";
import { settings } from "./settings";

/** Browsers take 4,096 bytes a cookie, name and attributes included. */
const CHUNK_BYTES_MAX = 3800;

/** A value that a browser keeps and can neither read nor change, in as many cookies as it needs. */
export class SealedCookie<T extends object> {
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  /** Undefined for what is not ours, or has ended. */
  async read(): Promise<T | undefined> {
    const jar = await cookies();
    const chunks = this.#names().map((name) => jar.get(name)?.value ?? "");
    return open<T>(chunks.join(""), this.#name);
  }

  async write(value: T, seconds: number): Promise<void> {
    const jar = await cookies();
    const sealed = await seal(value, this.#name, seconds);
    const names = this.#names();
    if (sealed.length > names.length * CHUNK_BYTES_MAX) throw new Error(`Too much for ${this.#name}.`);
    for (const [index, name] of names.entries()) {
      const chunk = sealed.slice(index * CHUNK_BYTES_MAX, (index + 1) * CHUNK_BYTES_MAX);
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

  /** `__Host-`: no other host may set it. Browsers accept that over https only. */
  #names(): string[] {
    const name = isSecure() ? `__Host-${this.#name}` : this.#name;
    return [name, `${name}-2`, `${name}-3`];
  }
}

async function seal(value: object, use: string, seconds: number): Promise<string> {
  return new EncryptJWT({ value })
    .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
    .setAudience(use)
    .setExpirationTime(`${seconds} s`)
    .encrypt(key());
}

async function open<T>(sealed: string, use: string): Promise<T | undefined> {
  if (!sealed) return undefined;
  try {
    const { payload } = await jwtDecrypt<{ value: T }>(sealed, key(), {
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

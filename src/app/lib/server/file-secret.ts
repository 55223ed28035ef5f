import "server-only";
import { randomBytes } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** A random text kept in a file of this machine, made the first time; whole or not there. */
export function fileSecret(folder: string, name: string): string {
  const path = resolve(/* turbopackIgnore: true */ folder, name);
  try {
    return readFileSync(path, "utf8");
  } catch {
    return make(path);
  }
}

function make(path: string): string {
  const draft = `${path}.${process.pid}`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(draft, randomBytes(32).toString("base64url"), { mode: 0o600 });
  try {
    linkSync(draft, path); // another process may have been first: then its secret counts
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(draft);
  }
  return readFileSync(path, "utf8");
}

// Installs programs and packages from npm that only some tests need, each set once in a separate folder.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { ROOT } from "./node.ts";

const CACHE = `${ROOT}/build/fetched`;

/** Return the folder in which the packages are installed, or undefined without a network. In CI, throw instead. */
export function fetched(name: string, packages: readonly string[]): string | undefined {
  const folder = `${CACHE}/${[name, ...packages].join("+").replaceAll("/", "-")}`;
  if (existsSync(folder)) return folder;
  mkdirSync(CACHE, { recursive: true });
  const unfinished = mkdtempSync(`${CACHE}/unfinished-`);
  writeFileSync(`${unfinished}/package.json`, '{ "private": true }');
  const flags = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
  try {
    execFileSync("npm", ["install", ...flags, ...packages], { cwd: unfinished, stdio: "pipe" });
    renameSync(unfinished, folder);
  } catch (cause) {
    rmSync(unfinished, { recursive: true, force: true });
    if (existsSync(folder)) return folder; // another process has installed them in the meantime
    const message = `Tests need ${packages.join(" and ")} from npm.`;
    if (process.env["CI"]) throw new Error(message, { cause });
    console.warn(`${message} They are skipped.`);
    return undefined;
  }
  return folder;
}

/** Return the path of Chromium 109, or undefined without a network. It is the last version for Windows 7 and 8. */
export function chromium109(): string | undefined {
  const folder = fetched("chromium", ["@sparticuz/chromium@109.0.6"]);
  if (!folder) return undefined;
  const executable = `${folder}/chromium`;
  if (existsSync(executable)) return executable;
  const packed = readFileSync(`${folder}/node_modules/@sparticuz/chromium/bin/chromium.br`);
  const unfinished = join(dirname(executable), `unfinished-${process.pid}`);
  writeFileSync(unfinished, brotliDecompressSync(packed), { mode: 0o755 });
  renameSync(unfinished, executable);
  return executable;
}

/** Return the path of the program in the folder's `workerd` package. */
export function workerdIn(folder: string): string {
  const { default: program } = createRequire(`${folder}/package.json`)("workerd") as { default: string };
  return program;
}

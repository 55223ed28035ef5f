// Starts the real API once for the whole run: uvicorn on a free port, its data in a folder of its own.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    readonly apiUrl: string;
    /** The one origin that may call the API from a page. */
    readonly pageOrigin: string;
  }
}

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
/** Where the simulated pages of the React tests are. */
export const DOM_ORIGIN = "http://dom.test";
const READY_WITHIN_MS = 60_000;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const data = mkdtempSync(join(tmpdir(), "sdk-tests-"));
  const [port, pagePort] = [await freePort(), await freePort()];
  const apiUrl = `http://127.0.0.1:${port}`;
  const pageOrigin = `http://localhost:${pagePort}`;
  const server = spawn(
    "uv",
    ["run", "--quiet", "uvicorn", "api.main:app", "--port", String(port), "--log-level", "warning"],
    {
      cwd: ROOT,
      env: {
        ...process.env,
        ANALYTICS_DATA_DIR: data,
        ANALYTICS_CORS_ORIGINS: `${pageOrigin},${DOM_ORIGIN}`,
        ANALYTICS_LOG_LEVEL: "WARNING",
      },
      stdio: ["ignore", "inherit", "inherit"],
    },
  );
  for (const folder of ["core", "react"]) build(folder);
  await ready(`${apiUrl}/healthz`, server);
  project.provide("apiUrl", apiUrl);
  project.provide("pageOrigin", pageOrigin);
  return async () => {
    await ended(server);
    rmSync(data, { recursive: true, force: true });
  };
}

/** The packages as they are published, for the tests that need more than the sources. */
function build(folder: string): void {
  const tsc = `${ROOT}/node_modules/.bin/tsc`;
  execFileSync(tsc, ["-p", `src/sdk/${folder}/tsconfig.build.json`], { cwd: ROOT, stdio: "inherit" });
}

async function ready(url: string, server: ChildProcess): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline && server.exitCode === null) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(100);
  }
  throw new Error("The API did not start: does `uv run uvicorn api.main:app` work?");
}

function ended(server: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (server.exitCode !== null) return resolve();
    server.once("exit", () => resolve());
    server.kill("SIGINT");
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

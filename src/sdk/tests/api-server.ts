// Start the real API once for the whole run: uvicorn on a free port, with its data in a separate folder.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { ended, freePort, ready } from "./support/processes.ts";

declare module "vitest" {
  interface ProvidedContext {
    readonly apiUrl: string;
    /** The origin of the browser pages that may call the API. */
    readonly pageOrigin: string;
  }
}

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
/** The origin of the simulated pages in the React tests. */
export const DOM_ORIGIN = "http://dom.test";

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const data = mkdtempSync(join(tmpdir(), "sdk-tests-"));
  const [port, pagePort] = [await freePort(), await freePort()];
  const apiUrl = `http://127.0.0.1:${port}`;
  const pageOrigin = `http://localhost:${pagePort}`;
  for (const folder of ["core", "react"]) build(folder); // a failed build ends the run before a server starts
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
  await ready(`${apiUrl}/healthz`, server);
  project.provide("apiUrl", apiUrl);
  project.provide("pageOrigin", pageOrigin);
  return async () => {
    await ended(server);
    rmSync(data, { recursive: true, force: true });
  };
}

/** Build the package as it is published, for tests that need the published files. */
function build(folder: string): void {
  execFileSync(process.execPath, ["../build.mjs"], { cwd: `${ROOT}/src/sdk/${folder}`, stdio: "inherit" });
}

// Start the real API once for the whole run: uvicorn on a free port, with its data in a separate folder.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { ROOT, startApi } from "./support/api.ts";
import { freePort } from "./support/processes.ts";

declare module "vitest" {
  interface ProvidedContext {
    readonly apiUrl: string;
    /** The origin of the browser pages that may call the API. */
    readonly pageOrigin: string;
  }
}

/** The origin of the simulated pages in the React tests. */
export const DOM_ORIGIN = "http://dom.test";

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const data = mkdtempSync(join(tmpdir(), "sdk-tests-"));
  const pageOrigin = `http://localhost:${await freePort()}`;
  for (const folder of ["core", "react"]) build(folder); // a failed build ends the run before a server starts
  const { url, stop } = await startApi(data, { ANALYTICS_CORS_ORIGINS: `${pageOrigin},${DOM_ORIGIN}` });
  project.provide("apiUrl", url);
  project.provide("pageOrigin", pageOrigin);
  return async () => {
    await stop();
    rmSync(data, { recursive: true, force: true });
  };
}

/** Build the package as it is published, for tests that need the published files. */
function build(folder: string): void {
  execFileSync(process.execPath, ["../build.mjs"], { cwd: `${ROOT}/src/sdk/${folder}`, stdio: "inherit" });
}

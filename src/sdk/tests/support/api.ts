// Start the real API, with its data in a folder.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ended, freePort, ready } from "./processes.ts";

export const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));

/** Start uvicorn on a free port, and wait until it serves requests. */
export async function startApi(
  data: string,
  variables: Record<string, string> = {},
): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = spawn(
    "uv",
    ["run", "--quiet", "uvicorn", "api.main:app", "--port", String(port), "--log-level", "warning"],
    {
      cwd: ROOT,
      env: { ...process.env, ANALYTICS_DATA_DIR: data, ANALYTICS_LOG_LEVEL: "WARNING", ...variables },
      stdio: ["ignore", "inherit", "inherit"],
    },
  );
  await ready(`${url}/healthz`, server);
  return { url, stop: () => ended(server) };
}

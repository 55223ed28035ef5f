// Build and run a Next.js app as in production, with the SDK in server components, client components and routes.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { stored, unique } from "../support/client.ts";
import { ROOT } from "../support/node.ts";
import { ended, freePort, ready } from "../support/processes.ts";

const NEXT = `${ROOT}/node_modules/next/dist/bin/next`;
const APP = `${import.meta.dirname}/next-app`;
let url: string;
let log: string;
let server: ChildProcess;

beforeAll(async () => {
  const env = { ...process.env, NODE_ENV: "production" as const, NEXT_TELEMETRY_DISABLED: "1" };
  const built = await promisify(execFile)(process.execPath, [NEXT, "build", APP], { env });
  log = built.stdout + built.stderr;
  const port = String(await freePort());
  url = `http://127.0.0.1:${port}`;
  server = spawn(process.execPath, [NEXT, "start", APP, "--port", port, "--hostname", "127.0.0.1"], {
    env: { ...env, API_URL: inject("apiUrl") },
    stdio: ["ignore", "ignore", "inherit"],
  });
  await ready(`${url}/hook`, server);
}, 120_000);

afterAll(() => ended(server));

async function get(path: string): Promise<string> {
  return (await fetch(url + path)).text();
}

test("Next.js builds with the packages without a warning about them", () => {
  expect(log).toContain("Compiled successfully");
  expect(log).not.toContain("sdk/");
});

test("A server component tracks events, and passes events, metrics and insights to hooks and the table", async () => {
  const html = await get(`/?type=${unique("next_page")}`);

  expect(html).toContain("<h1>user_of_a_page</h1>");
  expect(html).toContain("<h2>events</h2>");
  expect(html).toContain("<h3>week</h3>");
  expect(html).toContain('role="grid"');
});

test("A hook in a server component fails with a message that names the hook and the reason", async () => {
  expect(await get("/hook")).toContain("Attempted to call useMetrics() from the server");
});

test.each(["node", "edge"])(
  "A route handler in the %s runtime delivers its events after the response",
  async (runtime) => {
    const type = unique(`next_${runtime}`);

    expect(JSON.parse(await get(`/${runtime}?type=${type}`))).toMatchObject({ queued: 7, dropped: 0 });
    await expect.poll(() => stored(type)).toHaveLength(7);
  },
);

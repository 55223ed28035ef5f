import { EdgeVM } from "@edge-runtime/vm";
import { build } from "esbuild";
import { beforeAll, expect, inject, test } from "vitest";
import { KEY, stored, unique } from "../support/client.ts";

let edge: EdgeVM;

/**
 * An edge function that tracks events, and delivers them after its response. With the parameter `read`, it responds
 * with the stored events, and with the parameter `count`, with their number in the event lake.
 */
const FUNCTION = `
  import { AnalyticsClient } from "@acme/analytics-sdk";
  import { getTrends } from "@acme/analytics-sdk/insights";
  addEventListener("fetch", (event) => event.respondWith(respond(event)));
  async function respond(event) {
    const query = new URL(event.request.url).searchParams;
    const event_type = query.get("type");
    const client = new AnalyticsClient({
      apiKey: "${KEY}",
      baseUrl: "${inject("apiUrl")}",
      maxDelayMs: 60_000,
      waitUntil: (delivery) => event.waitUntil(delivery),
    });
    if (query.has("read")) return Response.json(await Array.fromAsync(client.getEvents({ event_type, limit: 4 })));
    if (query.has("count")) return Response.json((await getTrends(client, { series: [{ event_type }] })).series[0].total);
    for (let i = 0; i < 7; i++) void client.trackEvent({ event_type, user_id: "user_" + i });
    return Response.json(client.stats);
  }`;

beforeAll(async () => {
  const { outputFiles } = await build({
    stdin: { contents: FUNCTION, resolveDir: import.meta.dirname },
    bundle: true,
    format: "iife",
    target: "es2022",
    write: false,
  });
  edge = new EdgeVM({
    codeGeneration: { strings: false, wasm: false },
    initialCode: outputFiles[0]!.text,
  });
});

test("The edge runtime has no globals of Node or a page, and forbids code generation from strings", () => {
  const missing = "[typeof process, typeof Buffer, typeof window, typeof document, typeof localStorage]";

  expect(new Set(edge.evaluate<string[]>(missing))).toEqual(new Set(["undefined"]));
  expect(() => edge.evaluate("new Function('return 1')")).toThrow("Code generation from strings disallowed");
});

test("In an edge function, the SDK delivers events after the response, within waitUntil", async () => {
  const type = unique("edge");
  const response = await edge.dispatchFetch(`http://edge.test/?type=${type}`);
  expect(await response.json()).toMatchObject({ queued: 7, created: 0 });
  await response.waitUntil();

  expect(await stored(type)).toHaveLength(7);
});

test("In an edge function, the SDK reads page by page", async () => {
  const type = unique("edge_read");
  await (await edge.dispatchFetch(`http://edge.test/?type=${type}`)).waitUntil();
  const response = await edge.dispatchFetch(`http://edge.test/?type=${type}&read`);

  expect(await response.json()).toEqual(await stored(type).then((events) => events.toReversed()));
});

test("In an edge function, the SDK queries insights", async () => {
  const type = unique("edge_count");
  await (await edge.dispatchFetch(`http://edge.test/?type=${type}`)).waitUntil();
  const count = async () => (await edge.dispatchFetch(`http://edge.test/?type=${type}&count`)).json();

  await expect.poll(count).toBe(7);
});

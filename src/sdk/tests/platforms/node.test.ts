import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, inject, test } from "vitest";
import { KEY, stored, unique } from "../support/client.ts";
import { ENTRIES, node20, printedBy } from "../support/node.ts";

const NODE_20 = node20();
const CLIENT_ENTRIES = [
  "@acme/analytics-react",
  "@acme/analytics-react/table",
  "@acme/analytics-react/metric-card",
  "@acme/analytics-react/metric-chart",
  "@acme/analytics-react/funnel-chart",
  "@acme/analytics-react/retention-grid",
];

/** Return a module that tracks seven events and then runs `more`, before any event is sent. */
const tracking = (type: string, more = "") => `
  import { AnalyticsClient } from "@acme/analytics-sdk";
  const client = new AnalyticsClient({ apiKey: "${KEY}", baseUrl: "${inject("apiUrl")}" });
  for (let i = 0; i < 7; i++) void client.trackEvent({ event_type: "${type}", user_id: "user_" + i });
  ${more}`;

/** Return code that delivers these events, reads them in two pages and prints their user ids. */
const reading = (type: string) => `
  await client.flush();
  const users = [];
  const events = client.getEvents({ event_type: "${type}", order: "asc", limit: 4 });
  for await (const { user_id } of events) users.push(user_id);
  console.log(JSON.stringify(users));`;

const USERS = Array.from({ length: 7 }, (_, i) => `user_${i}`);

describe.skipIf(!NODE_20)("On Node 20", () => {
  const node = { command: NODE_20! };

  test("all entry points can be imported", async () => {
    const imports = ENTRIES.map((name) => `await import("${name}");`).join("");

    expect(await printedBy(`${imports} console.log(parseInt(process.versions.node))`, node)).toBe(20);
  });

  test("the SDK tracks, and reads page by page", async () => {
    const type = unique("node_20");

    expect(await printedBy(tracking(type, reading(type)), node)).toEqual(USERS);
  });

  test("a process without more work delivers its events before it exits", async () => {
    const type = unique("node_20_end");
    await printedBy(tracking(type, "console.log(0)"), node);

    expect(await stored(type)).toHaveLength(7);
  });
});

test("A process that closes its tracker delivers its events before it exits", async () => {
  const type = unique("node_tracker");
  const code = `
    import { Tracker } from "@acme/analytics-sdk/track";
    const tracker = new Tracker({ apiKey: "${KEY}", baseUrl: "${inject("apiUrl")}" });
    void tracker.trackEvent({ event_type: "${type}", user_id: "user_1" });
    await tracker.close();
    console.log(JSON.stringify(tracker.stats));`;

  expect(await printedBy(code)).toEqual({ queued: 0, created: 1, duplicates: 0, dropped: 0 });
});

test("A script that awaits a query gets its result, although nothing else keeps the process alive", async () => {
  const code = `
    import { AnalyticsClient } from "@acme/analytics-sdk";
    import { getFunnel } from "@acme/analytics-sdk/insights";
    const client = new AnalyticsClient({ apiKey: "${KEY}", baseUrl: "${inject("apiUrl")}" });
    const { steps } = await getFunnel(client, { steps: [{ event_type: "a" }, { event_type: "b" }] });
    console.log(JSON.stringify(steps.map(({ index }) => index)));`;

  for (const command of [process.execPath, ...(NODE_20 ? [NODE_20] : [])])
    expect(await printedBy(code, { command })).toEqual([0, 1]);
});

describe("Under the export condition react-server", () => {
  const server = { flags: ["--conditions=react-server"] };

  test("all entry points without client components can be imported", async () => {
    const imports = ENTRIES.filter((name) => !CLIENT_ENTRIES.includes(name));
    const code = imports.map((name) => `await import("${name}");`).join("");

    expect(await printedBy(`${code} console.log(${imports.length})`, server)).toBe(7);
  });

  test.each(CLIENT_ENTRIES)('%s begins with "use client" in the published build', (name) => {
    const code = readFileSync(fileURLToPath(import.meta.resolve(name)), "utf8");

    expect(code).toMatch(/^"use client";\n/);
    expect(code).not.toContain("export *"); // frameworks need the name of every export
  });

  test("the SDK tracks, and reads page by page", async () => {
    const type = unique("react_server");

    expect(await printedBy(tracking(type, reading(type)), server)).toEqual(USERS);
  });
});

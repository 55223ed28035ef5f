import type { Page, Request } from "playwright-core";
import { describe, expect, test } from "vitest";
import { chromiumBehindFaults, errorsOf, many, track } from "../support/browser-client.ts";
import { hasChromium } from "../support/chromium.ts";
import { anEvent, KEY, stored, unique } from "../support/client.ts";

const chromium = chromiumBehindFaults();
const { start } = chromium;

/** Advance the page's clock until the page reports that the API is blocked. */
async function untilBlocked(page: Page): Promise<void> {
  await expect
    .poll(async () => {
      await page.clock.runFor(2_000);
      return errorsOf(page);
    })
    .toEqual(["blocked"]);
}

/** Advance the page's clock in small steps, and wait for the responses after each step. */
async function runWithResponses(page: Page, ms: number): Promise<void> {
  const pending = new Set<Request>();
  page.on("request", (request) => pending.add(request));
  page.on("requestfinished", (request) => pending.delete(request));
  page.on("requestfailed", (request) => pending.delete(request));
  for (let ran = 0; ran < ms; ran += 10_000) {
    await page.clock.runFor(10_000);
    await expect.poll(() => pending.size).toBe(0);
  }
}

describe.skipIf(!hasChromium)("Without responses,", () => {
  test("a page whose earlier requests got responses retries soon, and does not report that the API is blocked", async () => {
    const type = unique("outage");
    const page = await chromium.open();
    await start(page, { maxDelayMs: 20 });
    await track(page, anEvent(type, 0));
    await expect.poll(() => stored(type)).toHaveLength(1);
    chromium.proxy.faults = () => ({ cut: "before" });
    const before = chromium.proxy.seen.length;
    await track(page, anEvent(type, 1));
    await expect.poll(() => chromium.proxy.seen.length).toBeGreaterThan(before + 4);
    chromium.proxy.faults = () => undefined;

    await expect.poll(() => stored(type)).toHaveLength(2);
    expect(await errorsOf(page)).toEqual([]);
  });

  test("a page whose API is unavailable when it loads retries soon, and does not report that the API is blocked", async () => {
    const type = unique("starting");
    chromium.proxy.faults = () => ({ cut: "before" });
    const page = await chromium.open();
    await start(page, { maxDelayMs: 20 });
    await track(page, anEvent(type, 0));
    await expect.poll(() => chromium.proxy.tokenRequests.length).toBeGreaterThan(5);
    chromium.proxy.faults = () => undefined;

    await expect.poll(() => stored(type)).toHaveLength(1);
    expect(await errorsOf(page)).toEqual([]);
  });

  test("an ad blocker is reported once after a minute, and the page sends few requests after that", async () => {
    const page = await chromium.open();
    await page.clock.install();
    const consoleErrors: string[] = [];
    page.on("console", (message) => message.type() === "error" && consoleErrors.push(message.text()));
    await page.route(`${chromium.proxy.url}/**`, (route) => route.abort("blockedbyclient"));
    await start(page, { maxDelayMs: 10, backoffBaseMs: 1000 });
    await track(page, ...many(unique("blocked"), 500));
    await untilBlocked(page);
    const before = consoleErrors.length;
    await page.clock.runFor(4 * 60_000);

    expect(before).toBeLessThanOrEqual(10);
    expect(consoleErrors).toHaveLength(before);
    expect(await errorsOf(page)).toEqual(["blocked"]);
    expect(page.failures).toEqual([]);
    expect(await page.evaluate(() => window.client.stats)).toMatchObject({ queued: 500, dropped: 0 });
    expect(await page.evaluate(() => window.errors[0]!.message)).toContain("5 minutes");
  });

  test("a page that waits because its API seemed blocked sends its events as soon as a read gets a response", async () => {
    const type = unique("unblocked");
    chromium.proxy.faults = ({ method, path }) =>
      method === "POST" && path === "/api/v1/events" ? { cut: "before" } : undefined;
    const page = await chromium.open();
    await page.clock.install();
    await start(page, { apiKey: KEY, maxDelayMs: 10, backoffBaseMs: 1000 });
    await track(page, anEvent(type, 0));
    await untilBlocked(page);
    chromium.proxy.faults = () => undefined;
    await page.evaluate(() => window.client.getMetricsSummary());

    await expect.poll(() => stored(type)).toHaveLength(1);
  });

  test("a page of which only the events are blocked does not send them again after every read", async () => {
    chromium.proxy.faults = ({ method, path }) =>
      method === "POST" && path === "/api/v1/events" ? { cut: "before" } : undefined;
    const page = await chromium.open();
    await page.clock.install();
    await start(page, { apiKey: KEY, maxDelayMs: 10, backoffBaseMs: 1000 });
    await track(page, anEvent(unique("partly_blocked"), 0));
    const read = () => page.evaluate(() => window.client.getMetricsSummary());
    await expect.poll(() => chromium.proxy.batches.length).toBeGreaterThan(0);
    await read();
    await untilBlocked(page);
    const before = chromium.proxy.batches.length;
    await read();
    await page.clock.runFor(60_000);

    expect(chromium.proxy.batches).toHaveLength(before);
  });

  test("a page of which only the events are blocked waits longer after each attempt, although its token is renewed", async () => {
    const page = await chromium.open();
    await page.clock.install();
    let attempts = 0;
    await page.route(`${chromium.proxy.url}/api/v1/events`, (route) => {
      attempts++;
      return route.abort("blockedbyclient");
    });
    await start(page, { maxDelayMs: 10, backoffBaseMs: 1000 });
    await track(page, anEvent(unique("long_waits"), 0));
    await untilBlocked(page);
    const [before, tokens] = [attempts, chromium.proxy.tokenRequests.length];
    await runWithResponses(page, 20 * 60_000);

    expect(chromium.proxy.tokenRequests.length).toBeGreaterThan(tokens);
    expect(attempts).toBe(before + 2); // after 5 and 10 minutes
  });
});

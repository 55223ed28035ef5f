import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { errorsOf, many, SCRIPT, startClient, type StartOptions, track } from "../support/browser-client.ts";
import { hasChromium, open, Pages } from "../support/chromium.ts";
import { anEvent, KEY, stored, unique } from "../support/client.ts";
import { FaultProxy } from "../support/fault-proxy.ts";

let pages: Pages;
let proxy: FaultProxy;
let context: BrowserContext;

beforeAll(async () => {
  if (hasChromium) pages = await Pages.running(SCRIPT);
});
afterAll(() => pages?.close());
beforeEach(async () => {
  proxy = await FaultProxy.before(inject("apiUrl"));
  context = await pages.context();
});
afterEach(async () => {
  await context.close();
  await proxy.close();
});

const start = (page: Page, options?: StartOptions) => startClient(page, proxy.url, options);

/** Advance the page's clock until the page reports that the API is blocked. */
async function untilBlocked(page: Page): Promise<void> {
  await expect
    .poll(async () => {
      await page.clock.runFor(2_000);
      return errorsOf(page);
    })
    .toEqual(["blocked"]);
}

describe.skipIf(!hasChromium)("Without responses,", () => {
  test("a page whose earlier requests got responses retries soon, and does not report that the API is blocked", async () => {
    const type = unique("outage");
    const page = await open(context);
    await start(page, { maxDelayMs: 20 });
    await track(page, anEvent(type, 0));
    await expect.poll(() => stored(type)).toHaveLength(1);
    proxy.faults = () => ({ cut: "before" });
    const before = proxy.seen.length;
    await track(page, anEvent(type, 1));
    await expect.poll(() => proxy.seen.length).toBeGreaterThan(before + 4);
    proxy.faults = () => undefined;

    await expect.poll(() => stored(type)).toHaveLength(2);
    expect(await errorsOf(page)).toEqual([]);
  });

  test("a page whose API is unavailable when it loads retries soon, and does not report that the API is blocked", async () => {
    const type = unique("starting");
    proxy.faults = () => ({ cut: "before" });
    const page = await open(context);
    await start(page, { maxDelayMs: 20 });
    await track(page, anEvent(type, 0));
    await expect.poll(() => proxy.tokenRequests.length).toBeGreaterThan(5);
    proxy.faults = () => undefined;

    await expect.poll(() => stored(type)).toHaveLength(1);
    expect(await errorsOf(page)).toEqual([]);
  });

  test("an ad blocker is reported once after a minute, and the page sends few requests after that", async () => {
    const page = await open(context);
    await page.clock.install();
    const consoleErrors: string[] = [];
    page.on("console", (message) => message.type() === "error" && consoleErrors.push(message.text()));
    await page.route(`${proxy.url}/**`, (route) => route.abort("blockedbyclient"));
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
    proxy.faults = ({ method, path }) =>
      method === "POST" && path === "/api/v1/events" ? { cut: "before" } : undefined;
    const page = await open(context);
    await page.clock.install();
    await start(page, { apiKey: KEY, maxDelayMs: 10, backoffBaseMs: 1000 });
    await track(page, anEvent(type, 0));
    await untilBlocked(page);
    proxy.faults = () => undefined;
    await page.evaluate(() => window.client.getMetricsSummary());

    await expect.poll(() => stored(type)).toHaveLength(1);
  });

  test("a page of which only the events are blocked does not send them again after every read", async () => {
    proxy.faults = ({ method, path }) =>
      method === "POST" && path === "/api/v1/events" ? { cut: "before" } : undefined;
    const page = await open(context);
    await page.clock.install();
    await start(page, { apiKey: KEY, maxDelayMs: 10, backoffBaseMs: 1000 });
    await track(page, anEvent(unique("partly_blocked"), 0));
    const read = () => page.evaluate(() => window.client.getMetricsSummary());
    await expect.poll(() => proxy.batches.length).toBeGreaterThan(0);
    await read();
    await untilBlocked(page);
    const before = proxy.batches.length;
    await read();
    await page.clock.runFor(60_000);

    expect(proxy.batches).toHaveLength(before);
  });
});

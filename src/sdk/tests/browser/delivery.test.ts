import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import {
  chromiumBehindFaults,
  errorsOf,
  keysOf,
  many,
  orphansAdopted,
  track,
} from "../support/browser-client.ts";
import { hasChromium } from "../support/chromium.ts";
import { anEvent, eventsOf, stored, unique } from "../support/client.ts";

const BEACON = "/api/v1/events/beacon";

const chromium = chromiumBehindFaults();
const { start } = chromium;
const beacons = () => chromium.proxy.seen.filter(({ path, method }) => path === BEACON && method === "POST");

describe.skipIf(!hasChromium)("When the user leaves a page, it", () => {
  test("delivers its queued events without a preflight request", async () => {
    const type = unique("leave");
    const page = await chromium.open();
    await start(page);
    await track(page, ...many(type, 3));
    await page.goto("about:blank");

    await expect.poll(() => stored(type)).toHaveLength(3);
    expect(beacons()).toHaveLength(1);
    expect(chromium.proxy.seen.some(({ path, method }) => path === BEACON && method === "OPTIONS")).toBe(
      false,
    );
    expect(chromium.proxy.batches).toHaveLength(0);
  });

  test("delivers its events when it is hidden, and does not send them again", async () => {
    const type = unique("hide");
    const page = await chromium.open();
    await start(page, { maxDelayMs: 500 });
    await track(page, ...many(type, 2));
    await page.evaluate(() => {
      Object.defineProperty(document, "visibilityState", { value: "hidden" });
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await expect.poll(() => page.evaluate(() => window.client.stats.created)).toBe(2);
    await track(page, anEvent(`${type}_later`)); // requests are sent in the order of the calls
    await page.evaluate(() => window.client.flush());

    expect(chromium.proxy.batches.flatMap(eventsOf).map(({ event_type }) => event_type)).toEqual([
      `${type}_later`,
    ]);
    expect(await keysOf(page)).toBe(0);
  });

  test("keeps unacknowledged events for the next page", async () => {
    const type = unique("kept");
    chromium.proxy.faults = ({ path }) => (path === BEACON ? { cut: "before" } : undefined);
    const page = await chromium.open();
    await start(page);
    await track(page, ...many(type, 3));
    await page.goto("about:blank");
    await page.goto("/");
    await start(page, { maxDelayMs: 50 });

    await expect.poll(() => stored(type)).toHaveLength(3);
    await expect.poll(() => keysOf(page)).toBe(0);
  });

  test("keeps events whose response was lost for the next page, and they are stored once", async () => {
    const type = unique("twice");
    chromium.proxy.faults = ({ path }) => (path === BEACON ? { cut: "after" } : undefined);
    const page = await chromium.open();
    await start(page);
    await track(page, ...many(type, 3));
    await page.goto("about:blank");
    await page.goto("/");
    await start(page, { maxDelayMs: 50 });
    await expect.poll(() => page.evaluate(() => window.client.stats.duplicates)).toBe(3);

    expect(await stored(type)).toHaveLength(3);
  });

  test("drops, counts and reports events that an earlier page stored more than a week ago", async () => {
    const type = unique("expired");
    const daysAgo = (days: number) => Date.now() - days * 86_400_000;
    const idFrom = (days: number) =>
      daysAgo(days).toString(16).padStart(12, "0").replace(/.{8}/, "$&-") +
      `-7000-8000-${String(days).padStart(12, "0")}`;
    chromium.proxy.faults = () => ({ cut: "before" });
    const page = await chromium.open();
    await start(page);
    const [old, young] = [8, 6].map((days) => anEvent(type, days, { event_id: idFrom(days) }));
    // A page may also track an event of the past.
    const past = anEvent(type, 10, { timestamp: new Date(daysAgo(10)).toISOString() });
    const chosen = anEvent(type, 3, { event_id: "checkout-cart-7" }); // an id without a time
    await track(page, old!, young!, past, chosen);
    await page.goto("about:blank");
    chromium.proxy.faults = () => undefined;
    await page.goto("/");
    await start(page, { maxDelayMs: 50 });

    const numbers = async () =>
      (await stored(type)).map(({ properties }) => Number(properties?.["number"])).toSorted((a, b) => a - b);
    await expect.poll(numbers).toEqual([3, 6, 10]);
    await expect.poll(() => keysOf(page)).toBe(0);
    expect(await errorsOf(page)).toEqual(["expired"]);
    expect(await page.evaluate(() => window.client.stats)).toMatchObject({ created: 3, dropped: 1 });
  });

  test("sends at most 64 KiB, and keeps the other events for the next page", async () => {
    const type = unique("budget");
    const page = await chromium.open();
    await start(page);
    await track(page, ...many(type, 90, "x".repeat(1_000)));
    await page.goto("about:blank");
    await expect.poll(() => beacons().length).toBeGreaterThan(0);
    const left = beacons().reduce((bytes, { wireBytes }) => bytes + wireBytes, 0);
    await page.goto("/");
    await start(page, { maxDelayMs: 50 });

    expect(left).toBeLessThanOrEqual(64 * 1024);
    await expect.poll(async () => (await stored(type)).length).toBe(90);
  });
});

describe.skipIf(!hasChromium)("With two tabs", () => {
  test("each delivers its own events, and the events of a closed tab are taken over once", async () => {
    const type = unique("tabs");
    let isDown = true;
    chromium.proxy.faults = ({ path }) => (isDown && path.startsWith("/api") ? { cut: "before" } : undefined);
    const [first, second] = [await chromium.open(), await chromium.open()];
    await start(first);
    await track(first, ...many(type, 5));
    await start(second);
    await track(second, ...many(type, 5));
    await orphansAdopted(second);
    const queued = (page: Page) => page.evaluate(() => window.client.stats.queued);

    expect([await queued(first), await queued(second)]).toEqual([5, 5]);

    await first.close();
    isDown = false;
    const third = await chromium.open();
    await start(third, { maxDelayMs: 50 });
    await second.evaluate(() => window.client.flush());

    await expect.poll(async () => (await stored(type)).length).toBe(10);
    await expect.poll(() => keysOf(third)).toBe(0);
    const ids = chromium.proxy.batches.flatMap(eventsOf).map(({ event_id }) => event_id);
    expect(ids).toHaveLength(10);
    expect(new Set(ids).size).toBe(10);
  });
});

describe.skipIf(!hasChromium)("Without a network,", () => {
  test("events are stored in the page, and are sent when the network is available again", async () => {
    const type = unique("offline");
    const page = await chromium.open();
    await start(page, { maxDelayMs: 20 });
    await chromium.context.setOffline(true);
    const failed = page.waitForEvent("requestfailed");
    await track(page, ...many(type, 4));
    await failed;
    expect(chromium.proxy.batches).toHaveLength(0);
    expect(await keysOf(page)).toBe(4);
    await chromium.context.setOffline(false);

    await expect.poll(() => stored(type)).toHaveLength(4);
    expect(page.failures).toEqual([]);
  });

  test("as the browser wrongly reports, events are sent anyway", async () => {
    const type = unique("reported_offline");
    const page = await chromium.open();
    await page.evaluate(() => Object.defineProperty(navigator, "onLine", { value: false }));
    await start(page, { maxDelayMs: 20 });
    await track(page, ...many(type, 2));

    await expect.poll(() => stored(type)).toHaveLength(2);
  });

  test.each(["offline", "asleep"])("a page that is %s for two hours loses no event", async (state) => {
    const type = unique(state);
    const page = await chromium.open();
    await page.evaluate(() => {
      const [wall, monotonic] = [Date.now, performance.now.bind(performance)];
      window.skippedMs = 0;
      Date.now = () => wall() + window.skippedMs;
      performance.now = () => monotonic() + window.skippedMs;
    });
    const cut = () => (chromium.proxy.faults = () => ({ cut: "before" }));
    await start(page, { maxDelayMs: 20 });
    if (state === "asleep") cut();
    else await chromium.context.setOffline(true);
    const failures: string[] = [];
    page.on("requestfailed", (request) => failures.push(request.url()));
    await track(page, ...many(type, 20));
    await expect.poll(() => failures.length).toBeGreaterThan(0);
    await page.evaluate(() => (window.skippedMs += 7_200_000));
    cut();
    await chromium.context.setOffline(false); // the first attempts still fail
    const before = failures.length;
    await page.evaluate(() => window.dispatchEvent(new Event("online")));
    await expect.poll(() => failures.length).toBeGreaterThan(before);
    expect(await keysOf(page)).toBe(20);
    chromium.proxy.faults = () => undefined;
    await page.evaluate(() => window.dispatchEvent(new Event("online")));

    await expect.poll(() => stored(type)).toHaveLength(20);
    expect(await page.evaluate(() => window.client.stats)).toMatchObject({ created: 20, dropped: 0 });
  });
});

describe.skipIf(!hasChromium)("If the storage of a page is", () => {
  test("full, its events are delivered, and the problem is reported once", async () => {
    const type = unique("full");
    const page = await chromium.open();
    await page.evaluate(() => {
      for (let size = 1 << 20; size > 0; size >>= 1) {
        try {
          for (;;) localStorage.setItem(String(Math.random()), "x".repeat(size));
        } catch {
          // the storage has no room for a text of this size: continue with half the size
        }
      }
    });
    await start(page, { maxDelayMs: 50 });
    await track(page, ...many(type, 20));

    await expect.poll(() => stored(type)).toHaveLength(20);
    expect(await errorsOf(page)).toEqual(["storage_full"]);
    expect(page.failures).toEqual([]);
  });

  test("damaged by another script, the next page delivers the events that are still valid JSON", async () => {
    const type = unique("edited");
    chromium.proxy.faults = ({ path }) => (path === BEACON ? { cut: "before" } : undefined);
    const page = await chromium.open();
    await start(page);
    await track(page, ...many(type, 3));
    await page.evaluate(() => localStorage.setItem(Object.keys(localStorage)[0]!, "{broken"));
    await page.goto("about:blank");
    await page.goto("/");
    await start(page, { maxDelayMs: 50 });

    await expect.poll(async () => (await stored(type)).length).toBe(2);
    expect(page.failures).toEqual([]);
  });
});

import { AnalyticsClient } from "@acme/analytics-sdk";
import type { Page } from "playwright-core";
import { describe, expect, inject, test } from "vitest";
import { chromiumBehindFaults, keysOf, many, orphansAdopted, track } from "../support/browser-client.ts";
import { hasChromium } from "../support/chromium.ts";
import { aToken, anEvent, unique } from "../support/client.ts";

const chromium = chromiumBehindFaults();

describe.skipIf(!hasChromium)("When several users sign in to one browser, one after another,", () => {
  /** Create the page's client for the user who signs in. `id`, if given, identifies the user. */
  async function startFor(page: Page, key: string, id?: string): Promise<void> {
    await page.evaluate(
      ([baseUrl, token, name]) => {
        window.client = window.make({
          baseUrl,
          id: name ?? undefined,
          getToken: () => token,
          maxDelayMs: 50,
        });
      },
      [chromium.proxy.url, await aToken(key), id] as const,
    );
  }

  const unreachable = () => ({ cut: "before" }) as const;
  const storedAt = async (key: string, event_type: string) => {
    const client = new AnalyticsClient({ apiKey: key, baseUrl: inject("apiUrl") });
    return Array.fromAsync(client.getEvents({ event_type }));
  };

  test("a user's unsent events are only sent when the same user signs in again", async () => {
    const type = unique("person");
    const page = await chromium.open();
    chromium.proxy.faults = unreachable;
    await startFor(page, "ak_local_acme", "ann org_acme");
    await track(page, ...many(type, 2));
    await page.goto("/");
    chromium.proxy.faults = () => undefined;
    await startFor(page, "ak_local_globex", "bob org_globex");
    await track(page, anEvent(type));
    await expect.poll(() => storedAt("ak_local_globex", type)).toHaveLength(1);
    await orphansAdopted(page);
    expect(await page.evaluate(() => window.client.stats)).toMatchObject({ queued: 0, created: 1 });
    expect(await storedAt("ak_local_globex", type)).toHaveLength(1);
    expect(await keysOf(page)).toBe(2);
    await page.goto("/");
    await startFor(page, "ak_local_acme", "ann org_acme");

    await expect.poll(() => storedAt("ak_local_acme", type)).toHaveLength(2);
    await expect.poll(() => keysOf(page)).toBe(0);
  });

  test("the page stores no events of a client without an id", async () => {
    const page = await chromium.open();
    chromium.proxy.faults = unreachable;
    await startFor(page, "ak_local_acme");
    await track(page, ...many(unique("nobody"), 2));

    expect(await keysOf(page)).toBe(0);
  });
});

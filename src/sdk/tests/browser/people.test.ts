import { AnalyticsClient } from "@acme/analytics-sdk";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { keysOf, many, orphansAdopted, SCRIPT, track } from "../support/browser-client.ts";
import { hasChromium, open, Pages } from "../support/chromium.ts";
import { anEvent, unique } from "../support/client.ts";
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

describe.skipIf(!hasChromium)("When several users sign in to one browser, one after another,", () => {
  /** Create the page's client for the user who signs in. `id`, if given, identifies the user. */
  async function startFor(page: Page, key: string, id?: string): Promise<void> {
    const response = await fetch(`${inject("apiUrl")}/api/v1/auth/token`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ api_key: key }),
    });
    const { access_token } = (await response.json()) as { access_token: string };
    await page.evaluate(
      ([baseUrl, token, name]) => {
        window.client = window.make({
          baseUrl,
          id: name ?? undefined,
          getToken: () => token,
          maxDelayMs: 50,
        });
      },
      [proxy.url, access_token, id] as const,
    );
  }

  const unreachable = () => ({ cut: "before" }) as const;
  const storedAt = async (key: string, event_type: string) => {
    const client = new AnalyticsClient({ apiKey: key, baseUrl: inject("apiUrl") });
    return Array.fromAsync(client.getEvents({ event_type }));
  };

  test("a user's unsent events are only sent when the same user signs in again", async () => {
    const type = unique("person");
    const page = await open(context);
    proxy.faults = unreachable;
    await startFor(page, "ak_local_acme", "ann org_acme");
    await track(page, ...many(type, 2));
    await page.goto("/");
    proxy.faults = () => undefined;
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
    const page = await open(context);
    proxy.faults = unreachable;
    await startFor(page, "ak_local_acme");
    await track(page, ...many(unique("nobody"), 2));

    expect(await keysOf(page)).toBe(0);
  });
});

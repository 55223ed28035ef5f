import type { AnalyticsClient, AnalyticsError, EventPayload } from "@acme/analytics-sdk";
import type { createBrowserClient } from "@acme/analytics-sdk/browser";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, inject } from "vitest";
import { hasChromium, open, Pages } from "./chromium.ts";
import { anEvent } from "./client.ts";
import { FaultProxy } from "./fault-proxy.ts";

declare global {
  // The page's script and the tests set these globals.
  interface Window {
    make: typeof createBrowserClient;
    client: AnalyticsClient;
    errors: AnalyticsError[];
    skippedMs: number;
  }
}

/** The script of a page in which a test creates the client with `window.make`. */
const SCRIPT = `
  import { createBrowserClient } from "@acme/analytics-sdk/browser";
  window.make = createBrowserClient;
`;

/** Track the events in the page without awaiting them. */
export function track(page: Page, ...events: EventPayload[]): Promise<void> {
  return page.evaluate((list) => {
    for (const event of list) void window.client.trackEvent(event);
  }, events);
}

export const many = (type: string, count: number, text = "") =>
  Array.from({ length: count }, (_, i) => anEvent(type, i, { properties: { i, text } }));

/** Wait until the page has taken over the events of closed pages. Browsers handle lock requests in order. */
export const orphansAdopted = (page: Page) =>
  page.evaluate(() => navigator.locks.request("after the client's", () => {}));

/** Count the keys in the storage of the page. */
export const keysOf = (page: Page) => page.evaluate(() => Object.keys(localStorage).length);

/** Return the codes of the errors that the page's client has reported. */
export const errorsOf = (page: Page) => page.evaluate(() => window.errors.map(({ code }) => code));

export interface StartOptions {
  readonly apiKey?: string;
  readonly maxDelayMs?: number;
  readonly backoffBaseMs?: number;
}

/** Start Chromium for the tests of the calling file, and a fault proxy and a browser context for each of them. */
export function chromiumBehindFaults() {
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
  return {
    get proxy(): FaultProxy {
      return proxy;
    },
    get context(): BrowserContext {
      return context;
    },
    open: () => open(context),
    /** Create the page's client. By default it queues events for up to a minute. */
    start: (page: Page, options?: StartOptions) => startClient(page, proxy.url, options),
  };
}

function startClient(page: Page, url: string, options: StartOptions = {}): Promise<void> {
  return page.evaluate(
    ([baseUrl, settings]) => {
      window.errors = [];
      window.client = window.make({
        apiKey: "pk_local_acme",
        baseUrl,
        maxDelayMs: 60_000,
        backoffBaseMs: 20,
        onError: (error) => window.errors.push(error),
        ...settings,
      });
    },
    [url, options] as const,
  );
}

import type { AnalyticsClient, AnalyticsError, EventPayload } from "@acme/analytics-sdk";
import type { createBrowserClient } from "@acme/analytics-sdk/browser";
import type { Page } from "playwright-core";
import { anEvent } from "./client.ts";

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
export const SCRIPT = `
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

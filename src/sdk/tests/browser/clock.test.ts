import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { hasChromium, open, Pages } from "../support/chromium.ts";
import { stored, unique } from "../support/client.ts";

const DAY_MS = 86_400_000;

const SCRIPT = `
  import { createBrowserClient } from "@acme/analytics-sdk/browser";
  window.client = createBrowserClient({
    apiKey: "pk_local_acme",
    baseUrl: "${inject("apiUrl")}",
    maxDelayMs: 50,
    onError: () => {},
  });`;

describe.skipIf(!hasChromium)("In a page whose clock is off", () => {
  let pages: Pages;
  beforeAll(async () => {
    pages = await Pages.running(SCRIPT);
  });
  afterAll(() => pages?.close());

  test.each([2, -2])(
    "by %i days, events that are tracked after the first response are stored with the correct time",
    async (days) => {
      const type = unique("page_clock");
      const context = await pages.context();
      const page = await open(context);
      await page.clock.setSystemTime(Date.now() + days * DAY_MS);
      const track = (name: string): Promise<unknown> =>
        page.evaluate(`client.trackEvent({ event_type: "${name}", user_id: "user_1" }).catch(() => {})`);
      await track(`${type}_before`);
      await track(type);
      const [event] = await stored(type);

      expect(Math.abs(Date.parse(event!.timestamp) - Date.now())).toBeLessThan(60_000);
      expect(page.failures).toEqual([]);
      await context.close();
    },
  );
});

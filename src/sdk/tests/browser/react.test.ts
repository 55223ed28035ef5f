import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { hasChromium, open, Pages } from "../support/chromium.ts";
import { anEvent, KEY, stored, unique } from "../support/client.ts";
import { AnalyticsClient } from "@acme/analytics-sdk";

const type = unique("react");

const SCRIPT = `
  import { AnalyticsProvider, useTrackEvent } from "@acme/analytics-react";
  import { EventsTable } from "@acme/analytics-react/table";
  import { StrictMode, useEffect } from "react";
  import { createRoot } from "react-dom/client";

  const { baseUrl, type, mode } = JSON.parse(decodeURIComponent(location.hash.slice(1)));
  const options = { baseUrl, apiKey: "${KEY}", maxDelayMs: 50 };

  function Tracker() {
    const track = useTrackEvent();
    return <button onClick={() => track({ event_type: type + "_click", user_id: "u" })}>Track</button>;
  }

  createRoot(document.getElementById("root")).render(
    <StrictMode>
      <AnalyticsProvider {...options}>
        <AnalyticsProvider {...options}>
          <Tracker />
          <EventsTable event_type={type} limit={50} height={400} />
        </AnalyticsProvider>
      </AnalyticsProvider>
    </StrictMode>,
  );
`;

let pages: Pages;

beforeAll(async () => {
  const client = new AnalyticsClient({ apiKey: KEY, baseUrl: inject("apiUrl") });
  await client.trackEvents(Array.from({ length: 400 }, (_, i) => anEvent(type, i)));
  if (hasChromium) pages = await Pages.running(SCRIPT);
});
afterAll(() => pages?.close());

describe.skipIf(!hasChromium)("In StrictMode and with nested providers", () => {
  test("one click tracks one event, and the table scrolls through all pages with few rendered rows", async () => {
    const context = await pages.context();
    const settings = encodeURIComponent(JSON.stringify({ baseUrl: inject("apiUrl"), type }));
    const page = await open(context, `/#${settings}`);
    await page.getByRole("button", { name: "Track" }).click();
    await expect.poll(() => stored(`${type}_click`)).toHaveLength(1);

    const grid = page.getByRole("grid", { name: "Events" });
    await grid.getByRole("row").nth(5).waitFor();
    await grid.focus();
    const status = page.getByRole("status");
    await expect
      .poll(
        async () => {
          await page.keyboard.press("End");
          return status.textContent();
        },
        { timeout: 60_000, interval: 100 },
      )
      .toBe("400 events");
    await page.keyboard.press("End");
    await page.keyboard.press("Enter");

    expect(await grid.getByRole("row").count()).toBeLessThan(40);
    expect(await page.getByRole("region", { name: "Event details" }).textContent()).toContain('"number": 0');
    expect(await stored(`${type}_click`)).toHaveLength(1);
    expect(page.failures).toEqual([]);
    await context.close();
  });
});

// The packages in Chromium 109, which has neither `URLSearchParams.size` nor `toSorted`.
import { AnalyticsClient } from "@acme/analytics-sdk";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { open, Pages } from "../support/chromium.ts";
import { anEvent, KEY, unique } from "../support/client.ts";
import { chromium109 } from "../support/fetched.ts";

const CHROMIUM_109 = chromium109();
const type = unique("old_chromium");
const OPTIONS = { apiKey: KEY, baseUrl: inject("apiUrl") };

const SCRIPT = `
  import { AnalyticsProvider, useMetrics } from "@acme/analytics-react";
  import { EventsTable } from "@acme/analytics-react/table";
  import { createBrowserClient } from "@acme/analytics-sdk/browser";
  import { createRoot } from "react-dom/client";

  const options = ${JSON.stringify(OPTIONS)};
  window.client = createBrowserClient(options);
  window.read = async (filters) => {
    const users = [];
    for await (const { user_id } of window.client.getEvents(filters)) users.push(user_id);
    return users;
  };

  function Total() {
    const { data, error } = useMetrics({ metrics: ["events"] });
    return <h1>{error ? error.message : data ? data.metrics.map(({ name }) => name).join() : "Loading…"}</h1>;
  }

  createRoot(document.getElementById("root")).render(
    <AnalyticsProvider {...options}>
      <Total />
      <EventsTable event_type={["${type}"]} height={400} />
    </AnalyticsProvider>,
  );
`;

describe.skipIf(!CHROMIUM_109)("In Chromium 109", () => {
  let pages: Pages;

  beforeAll(async () => {
    const client = new AnalyticsClient(OPTIONS);
    await client.trackEvents(Array.from({ length: 7 }, (_, i) => anEvent(type, i)));
    await client.trackEvents(Array.from({ length: 60 }, (_, i) => anEvent(`${type}_other`, i)));
    pages = await Pages.running(SCRIPT, CHROMIUM_109);
  });
  afterAll(() => pages?.close());

  test("the browser has neither URLSearchParams.size nor toSorted", async () => {
    const context = await pages.context();
    const page = await open(context);

    expect(await page.evaluate(`[new URLSearchParams("a=1").size, typeof [].toSorted].join()`)).toBe(
      ",undefined",
    );
    await context.close();
  });

  test("filters and cursors reach the API", async () => {
    const context = await pages.context();
    const page = await open(context);
    const filters = JSON.stringify({ event_type: type, limit: 3, order: "asc" });

    expect(await page.evaluate(`read(${filters})`)).toEqual(Array.from({ length: 7 }, (_, i) => `user_${i}`));
    await context.close();
  });

  test("events are tracked and acknowledged", async () => {
    const context = await pages.context();
    const page = await open(context);
    const event = JSON.stringify(anEvent(`${type}_tracked`));
    await page.evaluate(`client.trackEvent(${event})`);

    expect(await page.evaluate(`client.stats.created`)).toBe(1);
    expect(page.failures).toEqual([]);
    await context.close();
  });

  test("hooks and the table show metrics and events", async () => {
    const context = await pages.context();
    const page = await open(context);
    await page.getByRole("heading", { name: "events", exact: true }).waitFor();
    await page.getByRole("grid").getByRole("row").nth(7).waitFor();

    expect(await page.getByRole("status").textContent()).toBe("7 events");
    expect(page.failures).toEqual([]);
    await context.close();
  });
});

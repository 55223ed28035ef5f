import { AnalyticsClient } from "@acme/analytics-sdk";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { hasChromium, open, Pages } from "../support/chromium.ts";
import { anEvent, KEY, unique } from "../support/client.ts";
import { FaultProxy } from "../support/fault-proxy.ts";
import { freePort } from "../support/processes.ts";

declare global {
  interface Window {
    /** Requests without a response. */
    pending: number;
  }
}

const type = unique("reading");
const EVENTS = 3;
const STEP_MS = 250;

const SCRIPT = `
  import { AnalyticsProvider, useMetrics } from "@acme/analytics-react";
  import { EventsTable } from "@acme/analytics-react/table";
  import { createRoot } from "react-dom/client";

  const { baseUrl, type } = JSON.parse(decodeURIComponent(location.hash.slice(1)));

  function Total() {
    const { data, error } = useMetrics({ metrics: ["events." + type] });
    return <h1>{error ? error.message : data ? data.metrics[0].total : "Loading…"}</h1>;
  }

  createRoot(document.getElementById("root")).render(
    <AnalyticsProvider baseUrl={baseUrl} apiKey="${KEY}" onError={() => {}}>
      <Total />
      <EventsTable event_type={type} height={400} />
    </AnalyticsProvider>,
  );
`;

let pages: Pages;
let context: BrowserContext;
let proxy: FaultProxy | undefined;

beforeAll(async () => {
  const client = new AnalyticsClient({ apiKey: KEY, baseUrl: inject("apiUrl") });
  await client.trackEvents(Array.from({ length: EVENTS }, (_, i) => anEvent(type, i)));
  if (hasChromium) pages = await Pages.running(SCRIPT);
});
afterAll(() => pages?.close());
beforeEach(async () => {
  context = await pages.context();
});
afterEach(async () => {
  await context.close();
  await proxy?.close();
  proxy = undefined;
});

/** Load the page with a clock that advances only in steps, so that no test depends on the machine's speed. */
async function load(baseUrl: string, origin = "") {
  const start = Date.now();
  await context.clock.install({ time: start });
  await context.clock.pauseAt(start + 1_000);
  await context.addInitScript(() => {
    const fetch = window.fetch.bind(window);
    window.pending = 0;
    window.fetch = async (...request) => {
      window.pending++;
      try {
        return await fetch(...request);
      } finally {
        window.pending--;
      }
    };
  });
  const page = await open(context, `${origin}/#${encodeURIComponent(JSON.stringify({ baseUrl, type }))}`);
  let elapsedMs = 0;
  /** Wait until the page has no pending request and is only waiting for timers. */
  const settle = (): Promise<void> =>
    page.evaluate(async () => {
      const channel = new MessageChannel();
      for (let quiet = 0; quiet < 100; quiet = window.pending ? 0 : quiet + 1) {
        await new Promise((resolve) => {
          channel.port1.addEventListener("message", resolve, { once: true });
          channel.port1.start();
          channel.port2.postMessage(undefined);
        });
      }
    });
  /** Advance the clock until the condition holds. Return the time since the page was loaded, in milliseconds. */
  const until = async (holds: () => Promise<boolean>, most = 60_000): Promise<number> => {
    for (await settle(); !(await holds()) && elapsedMs < most; elapsedMs += STEP_MS) {
      await context.clock.runFor(STEP_MS);
      await settle();
    }
    return elapsedMs;
  };
  return { page, until };
}

const isLoaded = async (page: Page): Promise<boolean> =>
  (await page.getByRole("status").textContent()) === `${EVENTS} events` &&
  (await page.getByRole("heading").textContent()) === String(EVENTS);
const isInError = async (page: Page): Promise<boolean> =>
  (await page.getByRole("button", { name: "Try again" }).count()) === 1;

describe.skipIf(!hasChromium)("A page that reads data", () => {
  test("shows an error within 5 s, and its data within 10 s if the API is available again after 6 s", async () => {
    const port = await freePort();
    const { page, until } = await load(`http://127.0.0.1:${port}`);
    expect(await until(() => isInError(page))).toBeLessThanOrEqual(5_000);
    expect(await page.getByRole("alert").textContent()).toContain("Can't reach http://127.0.0.1:");
    expect(await page.getByRole("heading").textContent()).toContain("Can't reach http://127.0.0.1:");
    await until(async () => false, 6_000);
    proxy = await FaultProxy.before(inject("apiUrl"), port);

    expect(await until(() => isLoaded(page))).toBeLessThanOrEqual(10_000);
    expect(page.failures).toEqual([]);
  });

  test("shows an error if the API accepts requests but never responds", async () => {
    proxy = await FaultProxy.before(inject("apiUrl"));
    proxy.faults = ({ method }) => (method === "GET" ? { hang: true } : undefined);
    const page = await open(context, `/#${encodeURIComponent(JSON.stringify({ baseUrl: proxy.url, type }))}`);
    await page.getByRole("button", { name: "Try again" }).waitFor();

    expect(await page.getByRole("alert").textContent()).toContain("No response in 4000 ms.");
  });

  test("sends a request immediately when the user clicks Try again, even before Retry-After has passed", async () => {
    proxy = await FaultProxy.before(inject("apiUrl"));
    const headers = { "Retry-After": "3600", "Access-Control-Allow-Origin": "*" };
    proxy.faults = ({ method }) => (method === "GET" ? { response: { status: 503, headers } } : undefined);
    const { page, until } = await load(proxy.url);
    await until(() => isInError(page));
    proxy.faults = () => undefined;
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByText(`${EVENTS} events`).waitFor();

    expect(page.failures).toEqual([]);
  });

  test("doesn't report a CORS error for requests that failed during a restart of the API", async () => {
    proxy = await FaultProxy.before(inject("apiUrl"));
    proxy.faults = ({ method, headers }) =>
      method === "GET" && (headers.authorization ?? "").length > 10 ? { cut: "before" } : undefined;
    const { page, until } = await load(proxy.url);
    await until(() => isInError(page));

    expect(await page.getByRole("alert").textContent()).toContain(`Can't reach ${proxy.url}.`);
  });

  test("names its origin and the setting in the error if the API doesn't allow the origin", async () => {
    const origin = inject("pageOrigin").replace("localhost", "127.0.0.1");
    const { page, until } = await load(inject("apiUrl"), origin);
    await until(() => isInError(page));

    expect(await page.getByRole("alert").textContent()).toContain(
      `The API doesn't allow pages of ${origin}. Add this origin to the API's ANALYTICS_CORS_ORIGINS.`,
    );
  });
});

// Build a page with Vite from the packed packages and React 18 or 19, and run it in Chromium.
import { readFileSync } from "node:fs";
import { AnalyticsClient } from "@acme/analytics-sdk";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { hasChromium, open, Pages } from "../support/chromium.ts";
import { anEvent, KEY, stored, unique } from "../support/client.ts";
import { output, project } from "../support/packed.ts";

const OPTIONS = JSON.stringify({ apiKey: KEY, baseUrl: inject("apiUrl"), maxDelayMs: 50 });

const pageOf = (type: string): string => `
  import { AnalyticsProvider, useInsight, useTrackEvent } from "@acme/analytics-react";
  import { EventsTable } from "@acme/analytics-react/table";
  import { createRoot } from "react-dom/client";

  function Tracking() {
    const track = useTrackEvent();
    return <button onClick={() => void track({ event_type: "${type}_click", user_id: "user_1" })}>Track</button>;
  }
  function Trend() {
    const query = { kind: "trends", series: [{ event_type: "${type}" }] };
    const { data } = useInsight(query, { refreshMs: 500 });
    return <output>{data?.series[0].total}</output>;
  }
  createRoot(document.getElementById("root")).render(
    <AnalyticsProvider {...${OPTIONS}}>
      <Tracking />
      <Trend />
      <EventsTable event_type={["${type}"]} height={300} />
    </AnalyticsProvider>,
  );`;

const CONFIG = `
  import react from "@vitejs/plugin-react";
  export default {
    plugins: [react()],
    define: { "process.env.NODE_ENV": '"production"' },
    build: { lib: { entry: "page.jsx", formats: ["iife"], name: "page", fileName: () => "page.js" } },
  };`;

describe.skipIf(!hasChromium).each(["18", "19"])("With Vite and React %s", (react) => {
  test("a page tracks an event, and shows events and an insight", async () => {
    const type = unique(`vite_${react}`);
    const client = new AnalyticsClient({ apiKey: KEY, baseUrl: inject("apiUrl") });
    await client.trackEvents([1, 2, 3].map((number) => anEvent(type, number)));
    const packages = ["vite@8", "@vitejs/plugin-react@6", `react@${react}`, `react-dom@${react}`];
    const folder = project(`vite-${react}`, packages, {
      "page.jsx": pageOf(type),
      "vite.config.mjs": CONFIG,
    });
    const vite = [process.execPath, "../node_modules/vite/bin/vite.js", "build", "--logLevel", "error"];
    output(folder!, "env", "NODE_ENV=production", ...vite);
    const pages = await Pages.running(readFileSync(`${folder}/dist/page.js`, "utf8"));
    onTestFinished(() => pages.close());
    const page = await open(await pages.context());
    await page.getByRole("grid").getByRole("row").nth(3).waitFor();
    await page.getByRole("button", { name: "Track" }).click();

    await expect.poll(() => stored(`${type}_click`)).toHaveLength(1);
    expect(await page.locator("[role=status]").textContent()).toBe("3 events");
    await page.locator("output", { hasText: "3" }).waitFor();
    expect(page.failures).toEqual([]);
  });
});

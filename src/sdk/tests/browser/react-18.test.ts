import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { hasChromium, open, Pages } from "../support/chromium.ts";
import { fetched } from "../support/fetched.ts";
import { aFunnel, aRetention, aTrend } from "../support/insights.tsx";
import { ROOT } from "../support/node.ts";

const folder = fetched("react-18", ["react@18.3.1", "react-dom@18.3.1"]);
const alias = Object.fromEntries(
  ["react", "react-dom"].map((name) => [name, `${folder}/node_modules/${name}`]),
);

const APP = `
  import { AnalyticsProvider, useMetrics } from "@acme/analytics-react";
  import { FunnelChart } from "@acme/analytics-react/funnel-chart";
  import { MetricCard } from "@acme/analytics-react/metric-card";
  import { MetricChart } from "@acme/analytics-react/metric-chart";
  import { RetentionGrid } from "@acme/analytics-react/retention-grid";
  import { EventsTable } from "@acme/analytics-react/table";

  const trend = ${JSON.stringify(aTrend([1, 2, 3], [3, 2, 1]))};
  const series = [{ event_type: "paid" }];
  const fetch = () => new Promise(() => {});

  function Total() {
    return <h1>{useMetrics().isLoading ? "Loading…" : ""}</h1>;
  }

  const app = (
    <AnalyticsProvider baseUrl="http://api.test" getToken={() => "token"} fetch={fetch}>
      <Total />
      <EventsTable nonce="abc" />
      <MetricCard nonce="abc" title="Paid" query={{ series, compare: "previous_weeks" }} initialData={trend} />
      <MetricChart nonce="abc" title="Paid by day" query={{ series }} initialData={trend} />
      <FunnelChart
        title="Sales"
        query={{ steps: [{ event_type: "a" }, { event_type: "b" }] }}
        initialData={${JSON.stringify(aFunnel(8, 2))}}
      />
      <RetentionGrid title="Return" initialData={${JSON.stringify(aRetention())}} />
    </AnalyticsProvider>
  );
`;
const HYDRATE = `
  import { hydrateRoot } from "react-dom/client";
  ${APP}
  window.hydrate = (html) => {
    document.getElementById("root").innerHTML = html;
    hydrateRoot(document.getElementById("root"), app, { onRecoverableError: (error) => reportError(error) });
  };
`;
const RENDER = `
  import { renderToString } from "react-dom/server";
  ${APP}
  process.stdout.write(renderToString(app));
`;

/** Return the HTML that a server renders in a separate process. Warnings fail the test. */
async function rendered(): Promise<string> {
  const work = mkdtempSync(join(tmpdir(), "ssr-"));
  onTestFinished(() => rmSync(work, { recursive: true }));
  const { outputFiles } = await build({
    stdin: { contents: RENDER, resolveDir: `${ROOT}/src/sdk`, loader: "tsx" },
    bundle: true,
    platform: "node",
    format: "cjs",
    jsx: "automatic",
    alias,
    conditions: ["source"],
    define: { "process.env.NODE_ENV": '"development"' },
    write: false,
  });
  writeFileSync(`${work}/render.cjs`, outputFiles[0]!.contents);
  const warn = `console.error = (...all) => { throw new Error(all.join(" ")); };`;
  writeFileSync(`${work}/strict.cjs`, warn);
  return execFileSync(process.execPath, ["--require", `${work}/strict.cjs`, `${work}/render.cjs`], {
    encoding: "utf8",
  });
}

let pages: Pages;

beforeAll(async () => {
  if (hasChromium && folder) pages = await Pages.running(HYDRATE, undefined, alias);
});
afterAll(() => pages?.close());

describe.skipIf(!hasChromium || !folder)("With React 18.3", () => {
  test("server-rendered HTML is hydrated without an error or a warning", async () => {
    const html = await rendered();
    const context = await pages.context();
    const consoleErrors: string[] = [];
    context.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) consoleErrors.push(message.text());
    });
    const page = await open(context);
    await page.evaluate((text) => (window as unknown as { hydrate(html: string): void }).hydrate(text), html);
    await page.getByText("Loading events…").waitFor();
    const display = await page
      .locator(".acme-events-row")
      .first()
      .evaluate((row) => getComputedStyle(row).display);
    await page.getByRole("slider", { name: "Paid by day" }).focus();
    await page.keyboard.press("ArrowLeft");
    await page.getByText("Mon, Mar 2, 2026").waitFor();

    expect(display).toBe("grid"); // the styles apply
    expect(await page.locator(".acme-metric-chart .acme-insight-data").boundingBox()).toMatchObject({
      height: 280,
    });
    expect(consoleErrors).toEqual([]);
    expect(page.failures).toEqual([]);
    await context.close();
  });
});

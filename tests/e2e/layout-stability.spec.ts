// Measure overflow, accessibility, layout shift and scrolling of the dashboard.
import { AxeBuilder } from "@axe-core/playwright";
import { AnalyticsClient } from "@acme/analytics-sdk";
import type { Locator, Page } from "@playwright/test";
import { APPEARANCES, expect, scrollToTable, test } from "./fixtures.ts";
import { continueAs } from "./steps.ts";

declare global {
  interface Window {
    /** The cumulative layout shift. */
    shift?: number;
  }
}

const OVERVIEW = "/o/org_acme/overview";
const FILTER = JSON.stringify({ field: "user_id", operator: "contains", values: ["user"] });
const BULK = JSON.stringify({ field: "event_type", operator: "is", values: ["bulk"] });
const PATHS = {
  "the dashboard": [OVERVIEW, `${OVERVIEW}?start_date=2020-01-01&end_date=2020-01-02`, "/embed"],
  "the keys and the settings": ["/keys", "/settings", "/settings/members", "/settings/invitations"],
  insights: [
    "/o/org_acme/explore?by=property:method&compare=previous_period",
    `/o/org_acme/funnels?step=logged_in&step=report_exported&filter=${encodeURIComponent(FILTER)}`,
    "/o/org_acme/retention",
  ],
  "users and live events": ["/o/org_acme/users", "/o/org_acme/users?id=user_002", "/o/org_acme/live"],
  joining: ["/join?invitation=inv_1"],
  "usage and audit log": ["/settings/usage", "/settings/audit-log"],
} as const;
const ROWS = process.env["E2E_FULL"] ? 10_000 : 2_000;
const ROWS_SHOWN = ROWS.toLocaleString("en");
/** The visible rows and the overscan on each side. */
const ROWS_RENDERED_MAX = 40;
const LAYOUT_SHIFT_MAX = 0.02;

for (const appearance of APPEARANCES) {
  const [width, colorScheme] = appearance;
  const title = `no overflow and no accessibility violation at ${width} pixels, ${colorScheme}`;
  for (const [pages, paths] of Object.entries(PATHS)) {
    test(`${pages}: ${title}`, async ({ page, signIn }) => {
      await show(page, appearance);
      await signIn();
      for (const path of paths) await measure(page, path);
    });
  }

  test(`signing up: ${title}`, async ({ page, provider, ownServers }) => {
    const { url } = (await ownServers({ ...provider.settings, ANALYTICS_SIGN_UP: "open" })).dashboard;
    await show(page, appearance);
    await page.goto(url);
    await continueAs(page, "newcomer");
    for (const path of ["/sign-up", "/sign-up?error=invalid_name"]) {
      await measure(page, url + path);
      await expect(page.getByLabel("Organisation name")).toBeVisible();
    }
  });
}

for (const width of [360, 1440]) {
  test(`the layout is stable while the page loads, at ${width} pixels`, async ({ page, signIn }) => {
    await page.setViewportSize({ width, height: 900 });
    await signIn();
    await page.addInitScript(() => {
      new PerformanceObserver((list) => {
        const shifts = list.getEntries() as (PerformanceEntry & { readonly value: number })[];
        window.shift = shifts.reduce((sum, { value }) => sum + value, window.shift ?? 0);
      }).observe({ type: "layout-shift", buffered: true });
    });
    await page.goto("/dashboard");
    await expect(page.getByRole("grid").getByRole("row").nth(5)).toBeVisible();
    await page.waitForLoadState("networkidle");
    const shift = await page.evaluate(() => window.shift ?? 0);
    console.info(`layout shift at ${width} pixels: ${shift.toFixed(4)} of ${LAYOUT_SHIFT_MAX}`);

    expect(shift).toBeLessThan(LAYOUT_SHIFT_MAX);
  });
}

test(`${ROWS_SHOWN} rows scroll with at most 40 of them rendered`, async ({ page, apiUrl, signIn }) => {
  test.slow(); // up to a hundred pages
  await trackMany(apiUrl);
  await signIn({ org_id: "org_globex" });
  await page.goto(`/o/org_globex/live?filter=${encodeURIComponent(BULK)}`);
  const footer = page.getByRole("region", { name: "Events", exact: true }).getByRole("status");
  const table = await scrollToTable(page);
  await expect(async () => {
    await table.evaluate((grid) => grid.scrollTo(0, grid.scrollHeight));
    expect(await footer.textContent()).toMatch(new RegExp(`^${ROWS_SHOWN} events`));
  }).toPass({ intervals: [10] });
  const { framesPerSecond, mostRows, emptyFrames } = await scrolled(table);
  console.info(
    `${ROWS_SHOWN} rows: ${framesPerSecond.toFixed(0)} frames/s, at most ${mostRows} rows rendered`,
  );

  expect(mostRows).toBeLessThanOrEqual(ROWS_RENDERED_MAX);
  expect(emptyFrames).toBe(0);
});

async function show(page: Page, [width, colorScheme]: (typeof APPEARANCES)[number]): Promise<void> {
  await page.setViewportSize({ width, height: 800 });
  await page.emulateMedia({ colorScheme });
}

/** Open the page, and expect no overflow, fields of one height and no accessibility violation. */
async function measure(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await expect(page.locator("[aria-busy=true]:not([data-busy] *)")).toHaveCount(0);
  if (path === OVERVIEW || path === "/settings/usage") await page.getByText("Show as table").click();
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

  expect(overflow, path).toBeLessThanOrEqual(0);
  const heights = await page
    .locator(".field")
    .evaluateAll((fields: readonly HTMLElement[]) => fields.map(({ offsetHeight }) => offsetHeight));
  expect(new Set(heights).size, `the heights of the fields of ${path}`).toBeLessThanOrEqual(1);
  for (const table of await page.getByRole("table").all()) {
    const scrolls = await table.evaluate((one) => one.parentElement!.tabIndex === 0); // also with the keyboard
    if (scrolls) continue;
    const hidden = await table.evaluate((one) => one.scrollWidth - one.parentElement!.clientWidth);
    expect(hidden, `the table of ${path}`).toBeLessThanOrEqual(0);
  }
  expect((await new AxeBuilder({ page }).analyze()).violations, path).toEqual([]);
}

async function trackMany(baseUrl: string): Promise<void> {
  const app = new AnalyticsClient({ apiKey: "pk_local_globex", baseUrl });
  const one = { event_type: "bulk", user_id: "user_bulk" };
  await app.trackEvents(Array.from({ length: ROWS }, (_, row) => ({ ...one, properties: { row } })));
  await app.close();
}

interface Scrolled {
  readonly framesPerSecond: number;
  readonly mostRows: number;
  /** Frames without a visible row. */
  readonly emptyFrames: number;
}

/** Scroll up from the end in 180 steps, as fast as a hard fling on a touch screen. */
function scrolled(table: Locator): Promise<Scrolled> {
  return table.evaluate(async (grid) => {
    const FRAMES = 180;
    const frame = () => new Promise(requestAnimationFrame);
    const { top, bottom } = grid.getBoundingClientRect();
    let [mostRows, emptyFrames] = [0, 0];
    const start = performance.now();
    for (let i = 0; i < FRAMES; i++) {
      grid.scrollTop -= 100;
      await frame(); // the scroll event
      await frame(); // the rendering
      const rows = [...grid.querySelectorAll("[role=rowgroup] > [role=row]")];
      mostRows = Math.max(mostRows, rows.length);
      const isInView = rows.some((row) => {
        const box = row.getBoundingClientRect();
        return box.bottom > top && box.top < bottom;
      });
      if (!isInView) emptyFrames++;
    }
    return { framesPerSecond: (2 * FRAMES * 1000) / (performance.now() - start), mostRows, emptyFrames };
  });
}

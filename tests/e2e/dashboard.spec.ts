import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { expect, scrollToTable, test } from "./fixtures.ts";
import { hydrated } from "./steps.ts";

interface SampleEvent {
  readonly org_id: string;
  readonly event_type: string;
  readonly user_id: string;
  readonly timestamp: string;
}

/** No other test writes to this organisation. */
const ORG = "org_initech";
const PATH = `/o/${ORG}/overview`;

test.beforeEach(async ({ signIn }) => signIn({ org_id: ORG }));

test("the cards show the totals of the sample data", async ({ page, sampleFolder }) => {
  await page.goto(PATH);
  const events = sampleEvents(sampleFolder).filter(({ timestamp }) => timestamp.slice(0, 10) >= daysAgo(29));
  const users = new Set(events.map(({ user_id }) => user_id));

  expect(events.length).toBeGreaterThan(100);
  await expect(card(page, "Events")).toContainText(events.length.toLocaleString("en"));
  await expect(card(page, "Active users")).toContainText(`${users.size}`);
  await expect(card(page, "NPS")).toContainText(lastReading(sampleFolder, "nps"));
});

test("the server renders the first metrics, for the range in the URL", async ({
  page,
  apiUrl,
  sampleFolder,
  consoleErrors,
}) => {
  await page.route(`${apiUrl}/api/v1/metrics/**`, (route) => route.abort());
  for (const days of [7, 90]) {
    await page.goto(`${PATH}?days=${days}`);
    const since = daysAgo(days - 1);
    const events = sampleEvents(sampleFolder).filter(({ timestamp }) => timestamp.slice(0, 10) >= since);

    await expect(card(page, "Events")).toContainText(events.length.toLocaleString("en"));
  }
  await page.getByRole("button", { name: "30 days" }).click();
  await expect(card(page, "Events")).toBeHidden(); // the metrics of the previous range are not shown
  consoleErrors.length = 0; // about the aborted requests
});

test("the cards show the change from the previous period", async ({ page, sampleFolder }) => {
  await page.goto(`${PATH}?days=7`);
  const days = sampleEvents(sampleFolder).map(({ timestamp }) => timestamp.slice(0, 10));
  const now = days.filter((day) => day >= daysAgo(6)).length;
  const before = days.filter((day) => day < daysAgo(6) && day >= daysAgo(13)).length;
  const percent = Math.round((1000 * (now - before)) / before) / 10;

  await expect(card(page, "Events")).toContainText(`${percent > 0 ? "+" : ""}${percent}%`);
});

test("the back button, a reload and a shared link restore the filters from the URL", async ({
  page,
  sampleFolder,
}) => {
  await page.goto(PATH);
  await page.getByRole("button", { name: "90 days" }).click();
  await page.getByRole("button", { name: /^Event types: All/ }).click();
  await page.getByRole("checkbox", { name: /^logged_in/ }).check();
  await page.keyboard.press("Escape");
  const first = sampleEvents(sampleFolder).find(({ event_type }) => event_type === "logged_in");
  await page.getByLabel("User ID").fill(first!.user_id);
  await page.keyboard.press("Enter");

  const shared = `${PATH}?event_type=logged_in&user_id=${first!.user_id}&days=90`;
  await expect(page).toHaveURL(shared);
  const theirs = matching(sampleFolder, { event_type: "logged_in", user_id: first!.user_id });
  await expect(footer(page)).toContainText(`${theirs.length} events`);
  await page.reload();
  await expect(footer(page)).toContainText(`${theirs.length} events`);
  await page.goBack();
  await expect(page).toHaveURL(`${PATH}?event_type=logged_in&days=90`);
  await expect(page.getByLabel("User ID")).toHaveValue("");
  const logins = matching(sampleFolder, { event_type: "logged_in" });
  await expect(card(page, "Events")).toContainText(logins.length.toLocaleString("en"));
  await page.goBack();
  await expect(page.getByRole("button", { name: /^Event types: All/ })).toBeVisible();
  await page.goForward();
  await expect(page).toHaveURL(`${PATH}?event_type=logged_in&days=90`);
  await expect(card(page, "Events")).toContainText(logins.length.toLocaleString("en"));
});

test("invalid parameters in the URL are replaced and reported", async ({ page }) => {
  await page.goto(`${PATH}?start_date=2026-02-30&metric=nonsense`);
  await expect(page.getByLabel("Notes")).toContainText(
    "“2026-02-30” isn't a valid date. Showing the last 30 days.",
  );
  await expect(page.getByLabel("Notes")).toContainText("no metric “nonsense”");
});

for (const [title, keys] of [
  ["leaving the field", ["Tab", "Tab"]], // the first one selects the field's calendar
  ["Enter", ["Enter"]],
] as const)
  test(`a typed date is applied by ${title}, and never while it is incomplete`, async ({ page }) => {
    const [start, end] = [page.getByLabel("Start date (UTC)"), page.getByLabel("End date (UTC)")];
    const problem = page.getByRole("group", { name: "Date range (UTC)" }).getByRole("alert");
    await page.goto(PATH);
    await hydrated(start);
    const shown = await end.inputValue();
    await start.focus();
    await page.keyboard.type("10152024");
    for (const key of keys) await page.keyboard.press(key);
    await expect(start).toHaveValue("2024-10-15");
    await expect(problem).toHaveText("The range is longer than 366 days.");
    await expect(page).toHaveURL(PATH);

    await end.focus();
    await page.keyboard.type("10312024");
    for (const key of keys) await page.keyboard.press(key);
    await expect(page).toHaveURL(`${PATH}?start_date=2024-10-15&end_date=2024-10-31`);
    await expect(problem).toHaveCount(0);
    await end.blur();
    await end.focus();
    await page.keyboard.type("10012024");
    for (const key of keys) await page.keyboard.press(key);
    await expect(end).toHaveValue("2024-10-01");
    await expect(problem).toHaveText("The start date 2024-10-15 is after the end date 2024-10-01.");
    await start.focus();
    await page.keyboard.press("Backspace");
    await start.press("Enter");
    await expect(problem).toHaveText("Enter a valid date.");

    await page.goBack();
    await expect(end).toHaveValue(shown);
    await expect(problem).toHaveCount(0);
  });

test("a picked date is applied at once", async ({ page }) => {
  await page.goto(`${PATH}?start_date=2026-01-01&end_date=2026-01-31`);
  const start = page.getByLabel("Start date (UTC)");
  await hydrated(start);
  await start.fill("2026-01-15"); // as a picker does, without keys

  await expect(page).toHaveURL(`${PATH}?start_date=2026-01-15&end_date=2026-01-31`);
  await start.fill("2026-02-15");
  await expect(page.getByRole("group").getByRole("alert")).toContainText("is after the end date");
  await page.getByRole("button", { name: "7 days" }).click();
  await expect(start).not.toHaveValue("2026-02-15");
  await expect(page.getByRole("group").getByRole("alert")).toHaveCount(0);
});

test("scrolling shows every event once, in order", async ({ page, sampleFolder }) => {
  test.slow(); // about 140 steps and 30 pages
  const expected = matching(sampleFolder, { event_type: "page_viewed" }).map(({ timestamp }) => timestamp);
  const pages: Promise<{ readonly data: readonly { timestamp: string; event_id: string }[] }>[] = [];
  page.on("response", (response) => {
    const isPage = response.url().includes("/api/v1/events?") && response.ok();
    // The first page is requested again whenever the list is refreshed.
    if (isPage && (!pages.length || response.url().includes("cursor="))) pages.push(response.json());
  });
  await page.goto(`${PATH}?days=90&event_type=page_viewed`);
  const table = await scrollToTable(page);
  const seen = new Set<number>();
  await expect(async () => {
    const shown = await table
      .getByRole("row")
      .evaluateAll((rows) => rows.map((row) => Number(row.getAttribute("aria-rowindex"))));
    for (const index of shown) seen.add(index);
    await table.evaluate(async (grid) => {
      const isAtEnd = grid.scrollTop + grid.clientHeight >= grid.scrollHeight - 1;
      if (isAtEnd && grid.getAttribute("aria-rowcount") !== "-1") grid.scrollTop = 0; // scroll again, for rows that were skipped
      else grid.scrollBy(0, 400);
      for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame); // the rendering
    });
    expect(seen.size).toBe(expected.length + 1); // including the header row
  }).toPass({ intervals: [10] });
  await expect(footer(page)).toHaveText(`${expected.length.toLocaleString("en")} events`);
  const listed = (await Promise.all(pages)).flatMap(({ data }) => data);

  expect(new Set(listed.map(({ event_id }) => event_id)).size).toBe(listed.length);
  expect(listed.map(({ timestamp }) => timestamp)).toEqual(expected.toSorted().toReversed());
});

test("the chart's values can be read with the mouse, with the keyboard and in a table", async ({
  page,
  sampleFolder,
}) => {
  await page.goto(`${PATH}?days=7`);
  const slider = page.getByRole("slider");
  const days = sampleEvents(sampleFolder).map(({ timestamp }) => timestamp.slice(0, 10));
  const on = (day: string): string => String(days.filter((other) => other === day).length);
  await slider.focus();
  await page.keyboard.press("Home");

  await expect(page.getByRole("figure")).toContainText(`(UTC): ${on(daysAgo(6))}`);
  expect(await slider.getAttribute("aria-valuetext")).toMatch(new RegExp(`: ${on(daysAgo(6))}$`));
  await page.keyboard.press("ArrowRight");
  await expect(page.getByRole("figure")).toContainText(`(UTC): ${on(daysAgo(5))}`);
  const box = (await slider.boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await expect(page.getByRole("figure")).toContainText(`(UTC): ${on(daysAgo(3))}`);
  await page.getByText("Show as table").click();
  const cells = page.getByRole("table").getByRole("row").nth(7).getByRole("cell");
  await expect(cells.first()).toHaveText(on(daysAgo(6)));
});

test("a period without events shows how to send the first one", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto(`${PATH}?start_date=2020-01-01&end_date=2020-01-31`);
  await page.getByRole("button", { name: "Copy code" }).click();
  await expect(page.getByText("Copied")).toBeVisible();

  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain("analytics.trackEvent(");
  await expect(page.getByRole("link", { name: "Create an API key" })).toBeVisible();
});

function card(page: Page, title: string) {
  return page.getByRole("region", { name: "Metrics" }).getByRole("button", { name: new RegExp(`^${title}`) });
}

function footer(page: Page) {
  return page.getByRole("region", { name: "Events", exact: true }).getByRole("status");
}

function daysAgo(days: number): string {
  return new Date(Date.now() - days * 24 * 3600 * 1000).toISOString().slice(0, 10);
}

/** Return the organisation's events, oldest first. */
function sampleEvents(folder: string): readonly SampleEvent[] {
  const lines = readFileSync(`${folder}/events.ndjson`, "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line) as SampleEvent).filter(({ org_id }) => org_id === ORG);
}

function matching(folder: string, fields: Partial<SampleEvent>): readonly SampleEvent[] {
  return sampleEvents(folder).filter((event) =>
    Object.entries(fields).every(([field, value]) => event[field as keyof SampleEvent] === value),
  );
}

function lastReading(folder: string, metric: string): string {
  const rows = readFileSync(`${folder}/metrics.csv`, "utf8").trim().split("\n");
  return rows.map((row) => row.split(",")).findLast(([org, , name]) => org === ORG && name === metric)![3]!;
}

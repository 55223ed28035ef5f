import { readFileSync } from "node:fs";
import type { Page, Request } from "@playwright/test";
import { expect, scrollToTable, test } from "./fixtures.ts";
import { choose, chooseRange, showUntil } from "./steps.ts";

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

test("the cards show the totals of the sample data, and the values before", async ({
  page,
  sampleFolder,
}) => {
  const days = since(sampleFolder, 29);
  const users = new Set(days.map(({ user_id }) => user_id));
  await showUntil(page, PATH, card(page, "Events (total)"), count(days.length));
  await expect(card(page, "Users (unique)")).toContainText(`${users.size}`);
  await expect(card(page, "NPS")).toContainText(lastReading(sampleFolder, "nps"));
  await expect(card(page, "Revenue (total)")).toContainText(/\$[\d,]+/);

  await chooseRange(page, "Yesterday");
  const on = (day: string): number =>
    sampleEvents(sampleFolder).filter(({ timestamp }) => timestamp.startsWith(day)).length;
  await expect(card(page, "Events (total)")).toContainText(count(on(daysAgo(1))));
  await expect(card(page, "Events (total)")).toContainText(`${count(on(daysAgo(8)))} before`); // the same weekday
  await page.getByLabel("Compare with").selectOption("vs. previous period");
  await expect(card(page, "Events (total)")).toContainText(`${count(on(daysAgo(2)))} before`);
});

test("the server renders the first numbers, and numbers of another range are never shown", async ({
  page,
  apiUrl,
  sampleFolder,
  consoleErrors,
}) => {
  await showUntil(page, PATH, card(page, "Events (total)"), count(since(sampleFolder, 29).length));
  await page.route(`${apiUrl}/api/v1/insights/**`, (route) => route.abort());
  await page.goto(`${PATH}?range=7d`);
  await expect(card(page, "Events (total)")).toContainText(count(since(sampleFolder, 6).length));
  await chooseRange(page, "Last 30 days");

  await expect(card(page, "Events (total)")).toBeHidden();
  consoleErrors.length = 0; // about the aborted requests
});

test("back, a reload and a shared link restore all filters, and six cards are one step", async ({
  page,
  sampleFolder,
}) => {
  const all = since(sampleFolder, 89);
  const logins = all.filter(({ event_type }) => event_type === "logged_in");
  const user = logins[0]!.user_id;
  const theirs = logins.filter(({ user_id }) => user_id === user);
  await showUntil(page, PATH, card(page, "Events (total)"), count(since(sampleFolder, 29).length));
  await chooseRange(page, "Last 90 days");
  await page
    .getByRole("list", { name: "Values of Event type" })
    .getByRole("button", { name: /^logged_in/ })
    .click();
  await expect(card(page, "Events (total)")).toContainText(count(logins.length));
  await choose(page, "Add a filter to all events", "User ID");
  await page.getByLabel("Value of User ID").fill(` ${user} `);
  await page.keyboard.press("Enter");

  await expect(card(page, "Events (total)")).toContainText(`${theirs.length}`);
  await expect(card(page, "Users (unique)")).toContainText("1");
  await expect(footer(page)).toContainText(`${Math.min(20, theirs.length)} events`);
  const shared = page.url();
  for (let clicks = 0; clicks < 3; clicks++)
    for (const title of ["Users (unique)", "Events (total)"]) await card(page, title).click();
  await card(page, "Users (unique)").click();
  await page.reload();
  await expect(card(page, "Users (unique)")).toHaveAttribute("aria-pressed", "true");
  await page.goBack();
  await expect(page).toHaveURL(shared);
  await expect(card(page, "Events (total)")).toContainText(`${theirs.length}`);
  await page.goBack();
  await page.goBack();
  await expect(card(page, "Events (total)")).toContainText(count(logins.length));
});

test("filters apply to everything on the page", async ({ page }) => {
  await page.goto(`${PATH}?${only("user_id", "nobody")}`);
  for (const title of ["Events (total)", "Users (unique)"])
    await expect(card(page, title)).toContainText(new RegExp(`^${title.replace(/[()]/g, ".")}0`));
  await expect(card(page, "NPS")).toBeHidden(); // isn't made of events
  await expect(page.getByText("No events in this period.")).toBeVisible();
  await expect(footer(page)).toHaveText("No events match the filters.");
});

test("invalid parameters in the URL are replaced and reported", async ({ page }) => {
  await page.goto(`${PATH}?start_date=2026-02-30&measure=nonsense`);
  await expect(page.getByLabel("Notes")).toContainText(
    "“2026-02-30” isn't a valid date. Showing: last 30 days.",
  );
  await expect(page.getByLabel("Notes")).toContainText("no metric “nonsense”");
});

test("a range is typed, or selected on the calendar with mouse or keyboard", async ({ page }) => {
  await page.goto(`${PATH}?start_date=2026-01-01&end_date=2026-01-31`);
  const range = page.getByRole("button", { name: /^Date range/ });
  await range.click();
  await page.getByLabel("Start date (UTC)").fill("2026-02-15");
  await page.getByLabel("End date (UTC)").press("Enter");
  await expect(
    page.getByRole("alert").filter({ hasText: "is after the end date 2026-01-31." }),
  ).toBeVisible();
  await page.getByLabel("Start date (UTC)").fill("2026-01-15");
  await page.getByRole("button", { name: "Apply" }).click();
  await expect(page).toHaveURL(`${PATH}?start_date=2026-01-15&end_date=2026-01-31`);

  await range.click();
  await page.getByRole("button", { name: "Previous month" }).click();
  await page.getByRole("button", { name: "Mon, 29 Dec 2025" }).click();
  await page.keyboard.press("ArrowDown"); // 5 January
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`${PATH}?start_date=2025-12-29&end_date=2026-01-05`);
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
  await page.goto(`/o/${ORG}/live?${only("event_type", "page_viewed")}&range=90d`);
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
  const on = (day: string): number =>
    sampleEvents(sampleFolder).filter(({ timestamp }) => timestamp.startsWith(day)).length;
  await showUntil(
    page,
    `${PATH}?range=7d`,
    card(page, "Events (total)"),
    count(since(sampleFolder, 6).length),
  );
  const slider = page.getByRole("slider");
  const tooltip = page.locator(".chart-tooltip");
  await slider.focus();
  await page.keyboard.press("Home");

  await expect(tooltip).toContainText(`Events${on(daysAgo(6))}${on(daysAgo(13))}`);
  expect(await slider.getAttribute("aria-valuetext")).toMatch(
    new RegExp(`: Events ${on(daysAgo(6))}, before ${on(daysAgo(13))}$`),
  );
  const box = (await slider.boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await expect(tooltip).toContainText(`Events${on(daysAgo(3))}`);
  await page.getByText("Show as table").click();
  const cells = page
    .getByRole("table", { name: /newest first/ })
    .getByRole("row")
    .nth(7)
    .getByRole("cell");
  await expect(cells).toHaveText([`${on(daysAgo(6))}`, `${on(daysAgo(13))}`]);
});

test("an idle page transfers at most 60 KB per minute, and can be paused", async ({
  page,
  apiUrl,
  sampleFolder,
}) => {
  await showUntil(page, PATH, card(page, "Events (total)"), count(since(sampleFolder, 29).length)); // it won't change
  await page.addInitScript(countOpenRequests);
  await page.clock.install();
  await page.goto(PATH);
  await expect(page.getByText(/Updated \d+ s ago/).first()).toBeVisible();
  await page.getByRole("heading", { name: "Events by day" }).click(); // a page that gets the focus reads everything again
  const settle = async (): Promise<void> =>
    expect.poll(() => page.evaluate(() => Reflect.get(window, "openRequests"))).toBe(0);
  await settle();
  let [bytes, questions] = [0, 0];
  const isOwn = (request: Request): boolean => request.url().startsWith(apiUrl);
  page.on("request", (request) => {
    if (isOwn(request) && request.url().includes("/insights/")) questions += 1;
  });
  page.on("response", (response) => {
    if (!isOwn(response.request())) return;
    const headers = response.headers();
    bytes += Number(headers["content-length"] ?? 0) + JSON.stringify(headers).length;
  });
  for (let seconds = 0; seconds < 60; seconds += 0.5) {
    await page.clock.runFor(500); // less than the time limit of any request
    await settle();
  }
  console.info(`an idle overview: ${(bytes / 1024).toFixed(0)} KB per minute`);

  expect(questions).toBeGreaterThan(0);
  expect(bytes).toBeLessThan(60 * 1024);
  await page.getByRole("button", { name: "Pause" }).first().click();
  questions = 0;
  await page.clock.runFor(60_000);
  expect(questions).toBe(0);
});

test("a period without events says so", async ({ page }) => {
  await page.goto(`${PATH}?start_date=2020-01-01&end_date=2020-01-31`);

  await expect(page.getByRole("heading", { name: "No events in this period" })).toBeVisible();
  await expect(page.getByText("Choose another date range.")).toBeVisible();
});

function card(page: Page, title: string) {
  return page.getByRole("region", { name: "Metrics" }).getByRole("button").filter({ hasText: title });
}

function footer(page: Page) {
  return page.getByRole("region", { name: "Events", exact: true }).getByRole("status");
}

/** Return the query of a page that shows only events with this value. */
function only(field: string, value: string): string {
  return String(new URLSearchParams({ filter: JSON.stringify({ field, operator: "is", values: [value] }) }));
}

function count(number: number): string {
  return number.toLocaleString("en");
}

function daysAgo(days: number): string {
  return new Date(Date.now() - days * 24 * 3600 * 1000).toISOString().slice(0, 10);
}

/** Return the organisation's events, oldest first. */
function sampleEvents(folder: string): readonly SampleEvent[] {
  const lines = readFileSync(`${folder}/events.ndjson`, "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line) as SampleEvent).filter(({ org_id }) => org_id === ORG);
}

/** Return the organisation's events since the beginning of a day. */
function since(folder: string, days: number): readonly SampleEvent[] {
  return sampleEvents(folder).filter(({ timestamp }) => timestamp.slice(0, 10) >= daysAgo(days));
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

/** Count the requests that have no response yet in the page itself, because Playwright learns of them later. */
function countOpenRequests(): void {
  const fetch = window.fetch.bind(window);
  const page = Object.assign(window, { openRequests: 0 });
  page.fetch = async (...request) => {
    page.openRequests += 1;
    try {
      return await fetch(...request);
    } finally {
      page.openRequests -= 1;
    }
  };
}

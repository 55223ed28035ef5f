// Explore, Funnels and Retention. The expected numbers are counted in the sample data, without the product's code.
import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { choose, chooseRange, showUntil } from "./steps.ts";

interface SampleEvent {
  readonly org_id: string;
  readonly event_type: string;
  readonly user_id: string;
  readonly timestamp: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** No other test writes to this organisation. */
const ORG = "org_initech";
const DAY_MS = 86_400_000;

test.beforeEach(async ({ signIn }) => signIn({ org_id: ORG }));

test("a trend is built with pickers, counted exactly, kept in the URL, saved as CSV and copied as code", async ({
  page,
  context,
  sampleFolder,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const events = sampleEvents(sampleFolder).filter(({ timestamp }) => timestamp >= daysAgo(29));
  const logins = events.filter(({ event_type }) => event_type === "logged_in");
  await showUntil(page, `/o/${ORG}/explore`, totals(page), count(events.length));
  await choose(page, "Events of series 1", "logged_in");
  await expect(totals(page)).toContainText(`logged_in${count(logins.length)}`);
  await page.getByRole("combobox", { name: "Measure of series 1" }).selectOption("Unique users");
  const users = new Set(logins.map(({ user_id }) => user_id));
  await expect(totals(page)).toContainText(`Unique users: logged_in${count(users.size)}`);
  await page.getByRole("combobox", { name: "Measure of series 1" }).selectOption("Events");

  await page.keyboard.press("/"); // opens the list of filters
  await page.keyboard.type("devi");
  await expect(page.getByRole("option").first()).toHaveText("device");
  await page.keyboard.press("Enter");
  await page.getByLabel("Value of device").fill("desktop");
  await page.keyboard.press("Enter");
  const desktop = logins.filter(({ properties }) => properties["device"] === "desktop");
  await expect(totals(page)).toContainText(`logged_in${count(desktop.length)}`);
  await choose(page, "Break down by", "method");
  await expect(totals(page)).toContainText(`sso${count(desktop.filter(by("sso")).length)}`);
  const shown = await totals(page).textContent();
  await page.reload();
  await expect(totals(page)).toHaveText(shown!);

  await page.getByText("Show as table").click();
  const values = page.getByRole("table", { name: "Values by day, newest first" });
  await expect(values.getByRole("row")).toHaveCount(1 + 30);
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download CSV" }).click();
  const file = readFileSync(await (await saved).path(), "utf8")
    .trim()
    .split("\r\n");
  const column = file[0]!.split(",").indexOf("sso");
  const sum = file.slice(1).reduce((total, row) => total + Number(row.split(",")[column]), 0);
  expect([file.length, sum]).toEqual([1 + 30, desktop.filter(by("sso")).length]);
  await page.getByText("Ask the API the same question").click();
  await page.getByRole("button", { name: "Copy as curl" }).click();
  await expect(page.getByText("Copied")).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('"values":["desktop"]');

  await page.goBack();
  await expect(page.getByRole("button", { name: "Break down by: Nothing" })).toBeVisible();
  await expect(totals(page)).toContainText(`logged_in${count(desktop.length)}`);
});

test("a number of a trend lists the users behind it", async ({ page, sampleFolder }) => {
  const from = daysAgo(6);
  const logins = sampleEvents(sampleFolder).filter(
    ({ event_type, timestamp }) => event_type === "logged_in" && timestamp >= from,
  );
  const users = new Map<string, number>();
  for (const { user_id } of logins) users.set(user_id, (users.get(user_id) ?? 0) + 1);
  await showUntil(
    page,
    `/o/${ORG}/explore?series=logged_in&range=7d`,
    totals(page),
    `logged_in${count(logins.length)}`,
  );
  await totals(page).getByRole("button").first().click();
  const dialog = page.getByRole("dialog");

  await expect(dialog.getByRole("listitem")).toHaveCount(users.size);
  for (const [user_id, events] of [...users].slice(0, 3))
    await expect(dialog.getByRole("listitem").filter({ hasText: user_id }).first()).toContainText(
      `${events} event`,
    );
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
});

test("a funnel counts the users of each step, and lists those who dropped off", async ({
  page,
  sampleFolder,
}) => {
  const events = sampleEvents(sampleFolder);
  const starts = events.filter(
    (one) => one.event_type === "search_performed" && one.timestamp >= daysAgo(29),
  );
  const first = new Set(starts.map(({ user_id }) => user_id));
  const second = [...first].filter((user) =>
    starts.some(
      (start) => start.user_id === user && events.some((end) => isNext(start, end, "report_exported")),
    ),
  );
  await page.goto(`/o/${ORG}/funnels`);
  await expect(page.getByText("Add at least two steps to see a funnel.")).toBeVisible();
  for (const step of ["search_performed", "report_exported"]) await choose(page, "Add a step…", step);
  const steps = page.getByRole("table", { name: "Steps of the funnel" }).getByRole("row");

  await expect(steps.nth(1)).toContainText(`1. search_performed${first.size}100%`);
  await expect(steps.nth(2)).toContainText(`2. report_exported${second.length}`);
  await page.getByLabel("Users who dropped off").selectOption({ index: 1 });
  const dropped = page.getByRole("list", { name: "Users who dropped off" }).getByRole("listitem");
  await expect(dropped).toHaveCount(first.size - second.length);
});

test("retention has the users of each cohort", async ({ page, sampleFolder }) => {
  const users = new Set(sampleEvents(sampleFolder).map(({ user_id }) => user_id));
  const all = page.getByRole("table").getByRole("row", { name: "All cohorts" });
  await showUntil(page, `/o/${ORG}/retention`, all, `All cohorts${users.size}100%`);
  await page.getByLabel("Number of periods").selectOption("4");

  await expect(page.getByRole("columnheader")).toHaveCount(2 + 4);
  await expect(page).toHaveURL(`/o/${ORG}/retention?periods=4`);
});

test("a question that is too expensive, and one without events, are explained", async ({
  page,
  apiUrl,
  consoleErrors,
}) => {
  await page.goto(`/o/${ORG}/explore?series=never_sent`);
  await expect(page.getByText("No events match in this period.")).toBeVisible();
  await page.route(`${apiUrl}/api/v1/insights/**`, (route) =>
    route.fulfill({
      status: 422,
      json: { code: "query_too_expensive" },
      headers: { "Access-Control-Allow-Origin": "*", "Content-Type": "application/problem+json" },
    }),
  );
  await chooseRange(page, "Last 90 days");

  await expect(page.getByText("This question needs too much time or memory.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Events of series 1: never_sent" })).toBeVisible();
  consoleErrors.length = 0; // about the refused requests
});

test("users are searched, and a user's page shows their counts and their events", async ({
  page,
  sampleFolder,
}) => {
  const events = sampleEvents(sampleFolder);
  const eventsOf = (user: string) => events.filter((event) => event.user_id === user);
  const users = [...new Set(events.map((event) => event.user_id))];
  // The list says how many events there are as soon as it has all of them, which are at most a page.
  const user_id = users.toSorted((one, other) => eventsOf(one).length - eventsOf(other).length)[0]!;
  const own = eventsOf(user_id);
  const logins = own.filter(({ event_type }) => event_type === "logged_in");
  await page.goto(`/o/${ORG}/users`);
  await page.getByLabel("Search user IDs").fill(user_id.toUpperCase());
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(`/o/${ORG}/users?search=${user_id.toUpperCase()}`);
  const row = page.getByRole("row").filter({ hasText: user_id });
  await expect(row).toContainText(count(own.length));
  await row.getByRole("link", { name: user_id }).click();

  await expect(page.getByRole("heading", { level: 1, name: user_id })).toBeVisible();
  await expect(page.getByRole("region", { name: "Profile" })).toContainText(`Events${count(own.length)}`);
  await expect(page.getByRole("row", { name: /^logged_in/ }).first()).toContainText(count(logins.length));
  await expect(page.getByRole("region", { name: "Events", exact: true }).getByRole("status")).toContainText(
    `${count(own.length)} events`,
  );
});

function totals(page: Page) {
  return page.getByRole("table", { name: "Totals of the range" });
}

function count(number: number): string {
  return number.toLocaleString("en");
}

function by(method: string) {
  return ({ properties }: SampleEvent): boolean => properties["method"] === method;
}

/** Return whether the end is an event of this type within two weeks after the start, by the same user. */
function isNext(start: SampleEvent, end: SampleEvent, event_type: string): boolean {
  const elapsed = Date.parse(end.timestamp) - Date.parse(start.timestamp);
  return (
    end.user_id === start.user_id && end.event_type === event_type && elapsed >= 0 && elapsed <= 14 * DAY_MS
  );
}

function daysAgo(days: number): string {
  return new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);
}

/** Return the organisation's events, oldest first. */
function sampleEvents(folder: string): readonly SampleEvent[] {
  const lines = readFileSync(`${folder}/events.ndjson`, "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line) as SampleEvent).filter(({ org_id }) => org_id === ORG);
}

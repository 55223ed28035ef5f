import { AxeBuilder } from "@axe-core/playwright";
import { AnalyticsClient } from "@acme/analytics-sdk";
import type { Page } from "@playwright/test";
import { expect, scrollToTable, test } from "./fixtures.ts";
import { chooseRange, expectOnConsole } from "./steps.ts";

test("a new event appears highlighted and doesn't move the visible rows", async ({
  page,
  apiUrl,
  signIn,
}) => {
  const app = new AnalyticsClient({ apiKey: "pk_local_globex", baseUrl: apiUrl });
  await signIn({ org_id: "org_globex" });
  await page.goto(`/o/org_globex/live?${only("page_viewed")}`);
  await expect(rows(page).nth(20)).toBeVisible();
  await scrollToTable(page);
  await table(page).evaluate((grid) => grid.scrollBy(0, 300));
  const visibleRow = rows(page).nth(14);
  const [text, position] = [(await visibleRow.textContent())!, await visibleRow.boundingBox()];
  await app.trackEvent({ event_type: "page_viewed", user_id: "user_live", properties: { path: "/live" } });
  const scrollToNew = page.getByRole("button", { name: "↑ 1 new" });
  await expect(scrollToNew).toBeVisible();

  expect(await rows(page).filter({ hasText: text }).first().boundingBox()).toEqual(position);
  await scrollToNew.click();
  const arrived = rows(page).filter({ hasText: "user_live" });
  await expect(arrived).toBeVisible();
  await expect(arrived).toHaveAttribute("data-fresh");
  await app.close();
});

test("a click on a row shows the event's details, which can be copied", async ({ page, context, signIn }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await signIn();
  await page.goto(`/o/org_acme/live?${only("logged_in")}`);
  await rows(page).filter({ hasText: "logged_in" }).first().click();
  const details = page.getByRole("region", { name: "Event details" });
  await details.getByText("JSON", { exact: true }).click();
  await details.getByRole("button", { name: "Copy JSON" }).click();
  await expect(details.getByText("Copied")).toBeVisible();
  const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));

  expect(copied).toMatchObject({ event_type: "logged_in", org_id: "org_acme" });
  await expect(details).toContainText(JSON.stringify(copied.properties, null, 2).split("\n")[1]!.trim());
});

test("the details have a link to the event, which other members can open", async ({
  page,
  signIn,
  consoleErrors,
}) => {
  await signIn();
  await page.goto(`/o/org_acme/live?${only("feature_used")}`);
  await rows(page).filter({ hasText: "feature_used" }).first().click();
  const id = await page
    .getByRole("region", { name: "Event details" })
    .getByRole("definition")
    .last()
    .textContent();
  await page.getByRole("link", { name: "Link to this event" }).click();
  await expect(page).toHaveURL(/\/o\/org_acme\/live\/event\?time=/);
  await expect(page.getByRole("heading", { name: "feature_used" })).toBeVisible();
  await page.reload();
  await expect(page.getByRole("definition").filter({ hasText: id! })).toBeVisible();
  await expect(page.locator("[aria-current=true]").getByText("feature_used")).toBeVisible();
  for (const width of [390, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(
      0,
    );
  }
  const address = new URL(page.url());
  address.searchParams.set("id", "unknown");
  await page.goto(address.href);
  await expect(page.getByText("The organisation has no such event.")).toBeVisible();
  await page.goto(page.url().replace("org_acme", "org_globex"));
  await expect(page.getByText("The organisation has no such event.")).toBeVisible();
  await page.goto("/o/org_acme/live/event?time=today");
  await expect(page.getByRole("heading", { name: "Page not found" })).toBeVisible();
  await expectOnConsole(consoleErrors, "404");
});

test("the details follow the arrow keys, and lead to the user and to the events with the same value", async ({
  page,
  signIn,
}) => {
  await signIn();
  await page.goto(`/o/org_acme/live?${only("feature_used")}`);
  await rows(page).filter({ hasText: "feature_used" }).first().click();
  const details = page.getByRole("region", { name: "Event details" });
  const nextTime = (await rows(page).nth(2).getByRole("gridcell").first().textContent())!;
  await page.keyboard.press("ArrowDown");
  await expect(details.getByRole("definition").first()).toHaveText(nextTime);
  await expect(details.locator("[aria-current=true]")).toHaveText(new RegExp(nextTime));
  await page.keyboard.press("Escape");
  await expect(details).toHaveCount(0);
  await page.keyboard.press("Enter");
  await tabTo(page, details.getByRole("button", { name: "Close" }));
  await page.keyboard.press("Enter");
  await expect(table(page)).toBeFocused();

  await page.keyboard.press("Enter");
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  const link = page.getByRole("link", { name: "Filter by feature" });
  const value = (await details.getByRole("listitem").filter({ has: link }).textContent())!;
  await link.click();
  await expect(page).toHaveURL(/\/o\/org_acme\/explore\?series=feature_used&filter=/);
  await expect(page.getByLabel("Value of feature")).not.toHaveValue("");
  expect(value).toContain(await page.getByLabel("Value of feature").inputValue());
});

test("the dashboard can be used with only the keyboard", async ({ page, signIn }) => {
  await signIn();
  await page.goto("/dashboard");
  await expect(rows(page).nth(5)).toBeVisible();
  await tabTo(page, page.getByRole("button", { name: /^Date range/ }));
  await page.keyboard.press("Enter");
  await tabTo(page, page.getByRole("button", { name: "Last 7 days" }));
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL("/o/org_acme/overview?range=7d");
  await page.keyboard.press("/");
  await page.keyboard.type("event type");
  await page.keyboard.press("Enter");
  await expect(page.getByLabel("Value of Event type")).toBeFocused();
  await page.keyboard.type("feature_used");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/range=7d&filter=.*feature_used/);
  await tabTo(page, page.getByRole("button", { name: /^Users/ }));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Users by day" })).toBeVisible();
  await tabTo(page, page.getByRole("slider"));
  await page.keyboard.press("ArrowLeft");
  await tabTo(page, table(page));
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");

  await expect(page.getByRole("region", { name: "Event details" })).toContainText(`"feature_used"`);
});

test("a failed request for numbers is reported and can be retried", async ({
  page,
  apiUrl,
  signIn,
  consoleErrors,
}) => {
  await signIn();
  await page.goto("/dashboard");
  const events = page.getByRole("button", { name: /^Events \(total\)/ });
  await expect(events).toBeVisible();
  await page.route(`${apiUrl}/api/v1/insights/**`, (route) =>
    route.fulfill({ status: 403, json: {}, headers: { "Access-Control-Allow-Origin": "*" } }),
  );
  await chooseRange(page, "Last 7 days");
  await expect(page.getByText("You don't have access to this page.")).toBeVisible();
  await page.unroute(`${apiUrl}/api/v1/insights/**`);
  await page.getByRole("button", { name: "Try again" }).click();

  await expect(events).toBeVisible();
  await expect(page.getByText("You don't have access to this page.")).toBeHidden();
  consoleErrors.length = 0; // about the 403 responses
});

/** Press Tab until the element has the focus. */
async function tabTo(page: Page, target: ReturnType<Page["getByRole"]>): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press("Tab");
    if (await target.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`${String(target)} can't be reached with Tab.`);
}

/** Return the query of a page that shows only events of this type. */
function only(event_type: string): string {
  const filter = JSON.stringify({ field: "event_type", operator: "is", values: [event_type] });
  return String(new URLSearchParams({ filter }));
}

function table(page: Page) {
  return page.getByRole("grid", { name: "Events" });
}

function rows(page: Page) {
  return table(page).getByRole("row");
}

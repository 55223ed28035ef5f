import { expect, test } from "./fixtures.ts";
import { authorizationOf } from "./steps.ts";

const MONTH = new Intl.DateTimeFormat("en-GB", { month: "long", year: "numeric", timeZone: "UTC" });
const MONTH_SHORT = new Intl.DateTimeFormat("en-GB", { month: "short", year: "numeric", timeZone: "UTC" });

test("a viewer sees the usage of the month, by day and as a table", async ({
  page,
  apiUrl,
  baseURL,
  signIn,
}) => {
  await signIn({ user_id: "user_007" });
  const headers = await authorizationOf(page, baseURL!, "org_acme");
  const usage = await (await page.request.get(`${apiUrl}/api/v1/usage?months=13`, { headers })).json();
  const { month, events } = usage.months.at(-1) as { month: string; events: number };
  expect(events).toBeGreaterThan(0);
  await page.goto("/settings/usage");

  const quota = page.getByRole("region", { name: "Monthly quota" });
  await expect(quota).toContainText("Plan: enterprise");
  await expect(quota).toContainText(`${events.toLocaleString("en")} events this month`);
  const [name, count] = [MONTH.format(new Date(month)), events.toLocaleString("en")];
  await expect(page.getByRole("region", { name: "Events received" }).getByRole("status")).toHaveText(
    `${count} events in ${name}`,
  );
  await expect(page.getByLabel("Month", { exact: true }).locator("option")).toHaveText([name]); // of the first event
  await page.getByText("Show as table").click();
  const days = page.getByRole("table", { name: /by UTC day/ }).getByRole("row");
  await expect(days.last()).toContainText(`1 ${MONTH_SHORT.format(new Date(month))}`);
  const months = page.getByRole("table", { name: /by month/ }).getByRole("row");
  await expect(months).toHaveText([/Month/, `${name}${count}`]);
});

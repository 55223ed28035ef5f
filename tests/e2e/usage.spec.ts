import { expect, test } from "./fixtures.ts";

const MONTH = new Intl.DateTimeFormat("en-GB", { month: "long", year: "numeric", timeZone: "UTC" });

test("a viewer sees the usage of every month, by day and as a table", async ({
  page,
  apiUrl,
  baseURL,
  signIn,
}) => {
  await signIn({ user_id: "user_007" });
  const tokens = await page.request.post("/session/token", {
    headers: { Origin: baseURL! },
    data: { org_id: "org_acme" },
  });
  const headers = { Authorization: `Bearer ${(await tokens.json()).access_token}` };
  const usage = await (await page.request.get(`${apiUrl}/api/v1/usage?months=13`, { headers })).json();
  const months = usage.months as {
    month: string;
    events: number;
    daily: { date: string; events: number }[];
  }[];
  const [before, current] = months.slice(-2);
  await page.goto("/settings/usage");

  const total = page.getByRole("region", { name: "Events received" }).getByRole("status");
  const named = (month: string) => MONTH.format(new Date(month));
  await expect(total).toHaveText(
    `${current!.events.toLocaleString("en")} events in ${named(current!.month)}`,
  );
  await page.getByLabel("Month", { exact: true }).selectOption(before!.month);
  await expect(total).toHaveText(`${before!.events.toLocaleString("en")} events in ${named(before!.month)}`);
  await page.getByText("Show as table").click();
  const days = page.getByRole("table", { name: /by UTC day/ }).getByRole("row");
  const { year, month } = { year: Number(before!.month.slice(0, 4)), month: Number(before!.month.slice(5)) };
  await expect(days).toHaveCount(1 + new Date(Date.UTC(year, month, 0)).getUTCDate());
  const table = page.getByRole("table", { name: /by month/ });
  await expect(table.getByRole("row").nth(2)).toContainText(before!.events.toLocaleString("en"));
});

test("usage is shown for the organisation of the tab", async ({ page, context, signIn }) => {
  await signIn();
  await page.goto("/settings/usage");
  const table = page.getByRole("table", { name: /by month/ });
  const acme = await table.textContent();
  await page.goto("/settings");
  const other = await context.newPage();
  await other.goto("/dashboard");
  await other.getByRole("button", { name: /^Organisation/ }).click();
  await other.getByRole("button", { name: "Globex Industries" }).click();
  await expect(other.getByRole("button", { name: /^Organisation: Globex/ })).toBeVisible();
  await other.goto("/settings/usage");
  expect(await other.getByRole("table", { name: /by month/ }).textContent()).not.toBe(acme);

  await page.getByRole("link", { name: "Usage" }).click();
  await expect(table).toHaveText(acme!);
});

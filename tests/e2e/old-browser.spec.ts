// The dashboard in Chromium 109, which lacks `toReversed` and `URLSearchParams.size`.
import { chromium109 } from "../../src/sdk/tests/support/fetched.ts";
import { expect, lookAtTable, test } from "./fixtures.ts";

const CHROMIUM_109 = chromium109();

test.skip(!CHROMIUM_109, "Chromium 109 can't be fetched.");
test.use({
  launchOptions: { executablePath: CHROMIUM_109 ?? "", args: ["--no-sandbox", "--disable-dev-shm-usage"] },
});

test("an old browser shows metrics, and the events that its menu chooses", async ({
  page,
  signIn,
  complaints,
}) => {
  await signIn();
  await page.goto("/dashboard");
  await expect(page.getByRole("button", { name: /^Active users/ })).toContainText(/\d/);
  await page.getByText("Show the days as a table").click();
  await expect(page.getByRole("rowheader").nth(6)).toBeVisible();
  const choice = page.getByRole("checkbox", { name: /^logged_in/ });
  await expect(choice).toBeHidden();
  await page.getByRole("button", { name: /^Event types: All/ }).click();
  await choice.click();

  await expect(page).toHaveURL(/event_type=logged_in/);
  const table = await lookAtTable(page);
  await expect(table.getByRole("row").nth(3)).toContainText("logged_in");
  await expect(table).not.toContainText("page_viewed");
  const others = complaints.filter((text) => !text.startsWith("Found a 'popover' attribute."));
  complaints.length = 0;
  expect(others).toEqual([]);
});

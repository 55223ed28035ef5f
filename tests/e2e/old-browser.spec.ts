// The dashboard in Chromium 109, which lacks `toReversed` and `URLSearchParams.size`.
import { chromium109 } from "../../src/sdk/tests/support/fetched.ts";
import { expect, scrollToTable, test } from "./fixtures.ts";

const CHROMIUM_109 = chromium109();

test.skip(!CHROMIUM_109, "Chromium 109 can't be downloaded.");
test.use({
  launchOptions: { executablePath: CHROMIUM_109 ?? "", args: ["--no-sandbox", "--disable-dev-shm-usage"] },
});

test("an old browser shows metrics and filters events", async ({ page, signIn, consoleErrors }) => {
  await signIn();
  await page.goto("/dashboard");
  await expect(page.getByRole("button", { name: /^Users/ })).toContainText(/\d/);
  await page.getByText("Show as table").click();
  await expect(page.getByRole("rowheader").nth(6)).toBeVisible();
  const option = page.getByRole("option", { name: "Event type" });
  await expect(async () => {
    await page.getByRole("button", { name: /^Add a filter to all events/ }).click(); // has no effect before hydration
    await expect(option).toBeVisible({ timeout: 5_000 });
  }).toPass();
  await option.click();
  await page.getByLabel("Value of Event type").fill("logged_in");
  await page.keyboard.press("Enter");

  await expect(page).toHaveURL(/filter=.*logged_in/);
  const table = await scrollToTable(page);
  await expect(table.getByRole("row").nth(3)).toContainText("logged_in");
  await expect(table).not.toContainText("page_viewed");
  const others = consoleErrors.filter((text) => !text.startsWith("Found a 'popover' attribute."));
  consoleErrors.length = 0;
  expect(others).toEqual([]);
});

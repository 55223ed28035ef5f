import { AnalyticsClient } from "@acme/analytics-sdk";
import { ADMIN_OF_ALL, expect, signIn, test } from "./fixtures.ts";

test("pages recover automatically after an outage of the API, and no event is lost", async ({
  page,
  ownServers,
  consoleErrors,
}) => {
  const servers = await ownServers();
  const { url } = servers.dashboard;
  await signIn(page, url, ADMIN_OF_ALL);
  await page.goto(`${url}/dashboard`);
  const other = await page.context().newPage();
  await other.goto(`${url}/dashboard`);
  await servers.api.kill();

  await page.reload();
  await expect(page.getByRole("heading", { name: "The API is unavailable" })).toBeVisible();
  await other.getByRole("button", { name: "Send test event" }).click();
  await expect(other.getByText("Sending test event…")).toBeVisible();
  await servers.restartApi();
  await expect(page.getByRole("banner")).toContainText("Acme Corporation");

  await other.reload(); // unsent events survive the page
  await expect.poll(() => testEvents(servers.api.url)).toBe(1);
  consoleErrors.length = 0; // about failed requests
});

test("an open dashboard reports within 5 seconds that the API is unavailable", async ({
  page,
  ownServers,
  consoleErrors,
}) => {
  const servers = await ownServers();
  const { url } = servers.dashboard;
  await page.clock.install();
  await signIn(page, url, ADMIN_OF_ALL);
  await page.goto(`${url}/dashboard`);
  await expect(page.getByRole("grid").getByRole("row").nth(5)).toBeVisible();
  await page.clock.pauseAt((await page.evaluate(() => Date.now())) + 1_000);
  await servers.api.kill();
  await page.clock.runFor(5_000);

  const alert = page.getByRole("alert").filter({ hasText: "The API is unavailable." });
  await expect(alert).toHaveCount(1);
  await expect(page.getByRole("main")).toHaveCSS("opacity", "0.5");
  await expect(page.getByRole("grid").getByRole("row").nth(5)).toBeVisible(); // the rows stay
  await servers.restartApi();
  await alert.getByRole("button", { name: "Try again" }).click();
  await expect(alert).toBeHidden();
  await expect(page.getByRole("main")).toHaveCSS("opacity", "1");
  consoleErrors.length = 0; // about failed requests
});

/** Return the number of stored test events. */
async function testEvents(apiUrl: string): Promise<number> {
  const client = new AnalyticsClient({ apiKey: "ak_local_acme", baseUrl: apiUrl });
  return (await client.listEvents({ event_type: "test_event" })).data.length;
}

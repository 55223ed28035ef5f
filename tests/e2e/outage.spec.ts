import { AnalyticsClient } from "@acme/analytics-sdk";
import { ADMIN_OF_ALL, expect, signIn, test } from "./fixtures.ts";

test("the API is killed: pages go on by themselves when it is back, and no event is lost", async ({
  page,
  ownServers,
  complaints,
}) => {
  const servers = await ownServers();
  const { url } = servers.dashboard;
  await signIn(page, url, ADMIN_OF_ALL);
  await page.goto(`${url}/dashboard`);
  const other = await page.context().newPage();
  await other.goto(`${url}/dashboard`);
  await servers.api.kill();

  await page.reload();
  await expect(page.getByRole("heading", { name: "The API does not answer" })).toBeVisible();
  await other.getByRole("button", { name: "Send a test event" }).click();
  await expect(other.getByText("Sending the test event …")).toBeVisible();
  await servers.restartApi();
  await expect(page.getByRole("banner")).toContainText("Acme Corporation");

  await other.reload(); // what was not sent yet has survived the page
  await expect.poll(() => testEvents(servers.api.url)).toBe(1);
  complaints.length = 0; // of requests that nobody answered
});

test("an open dashboard says within 5 seconds that the API is unavailable", async ({
  page,
  ownServers,
  complaints,
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

  const note = page.getByRole("main").getByRole("alert").filter({ hasText: "The API is unavailable." });
  await expect(note).toBeVisible();
  await expect(page.getByRole("grid").getByRole("row").nth(5)).toBeVisible(); // what was read stays
  await servers.restartApi();
  await note.getByRole("button", { name: "Try again" }).click();
  await expect(note).toBeHidden();
  complaints.length = 0; // of requests that nobody answered
});

async function testEvents(apiUrl: string): Promise<number> {
  const client = new AnalyticsClient({ apiKey: "ak_local_acme", baseUrl: apiUrl });
  return (await client.listEvents({ event_type: "test_event" })).data.length;
}

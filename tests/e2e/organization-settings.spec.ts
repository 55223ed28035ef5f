import { readFileSync } from "node:fs";
import { expect, signIn as signInAt, switchTo, test } from "./fixtures.ts";
import { showUntil } from "./steps.ts";

const HOUR_MS = 3600 * 1000;

test("an admin changes the name and the time zone of the organisation that the tab shows", async ({
  page,
  context,
  ownServers,
  sampleFolder,
}) => {
  const { url } = (await ownServers()).dashboard;
  await signInAt(page, url, { user_id: "user_002", org_id: "org_acme" });
  await page.goto(`${url}/settings`);
  const other = await context.newPage();
  await other.goto(`${url}/dashboard`);
  await switchTo(other, "Globex Industries");

  await page.getByLabel("Organisation name").fill("Acme Group");
  await page.getByRole("button", { name: "Rename" }).click();
  await expect(page.getByText("The organisation is now called Acme Group.")).toBeVisible();
  await expect(page.getByRole("button", { name: /^Organisation: Acme Group/ })).toBeVisible();
  await expect(page.getByRole("button", { name: "Rename" })).toBeFocused();
  await expect(page.getByLabel("Organisation name")).toHaveValue("Acme Group");

  await other.goto(`${url}/o/org_globex/settings`);
  await expect(other.getByLabel("Organisation name")).toHaveValue("Globex Industries");
  await other.getByRole("button", { name: /^Organisation/ }).click();
  await expect(other.getByRole("link", { name: "Acme Group" })).toBeVisible();

  await page.getByRole("combobox", { name: "Time zone" }).selectOption("Asia/Tokyo");
  await page.getByRole("button", { name: "Change", exact: true }).click();
  await expect(page.getByText("Days now begin in the time zone Asia/Tokyo.")).toBeVisible();
  await page.getByRole("navigation").getByRole("link", { name: "Live" }).click(); // without loading the page again
  await expect(page.getByRole("columnheader", { name: "Time (Asia/Tokyo)" })).toBeVisible();

  const inTokyo = (time: number): string => new Date(time + 9 * HOUR_MS).toISOString(); // it has no summer time
  const yesterday = inTokyo(Date.now() - 24 * HOUR_MS).slice(0, 10);
  const times = timesOf(sampleFolder, "org_acme").map(inTokyo);
  const events = page
    .getByRole("region", { name: "Metrics" })
    .getByRole("button", { name: /Events \(total\)/ });
  const count = times.filter((time) => time.startsWith(yesterday)).length;
  await showUntil(page, `${url}/o/org_acme/overview?range=yesterday`, events, count.toLocaleString("en"));
  await expect(page.getByText("Days are in the time zone Asia/Tokyo.")).toBeVisible();
});

/** Return the times of the organisation's sample events in milliseconds. */
function timesOf(folder: string, org_id: string): readonly number[] {
  const lines = readFileSync(`${folder}/events.ndjson`, "utf8").trim().split("\n");
  const events = lines.map((line) => JSON.parse(line) as { org_id: string; timestamp: string });
  return events.filter((event) => event.org_id === org_id).map(({ timestamp }) => Date.parse(timestamp));
}

test("an invalid name is reported, and the form keeps it", async ({ page, signIn }) => {
  await signIn();
  await page.goto("/settings");
  const name = page.getByLabel("Organisation name");
  await name.fill("Acme \u202eevil");
  await page.getByRole("button", { name: "Rename" }).click();

  await expect(page.getByText("Enter a valid name.")).toBeVisible();
  await expect(name).toHaveValue("Acme \u202eevil");
});

test("if the dashboard is unreachable, the form keeps the name", async ({
  page,
  context,
  signIn,
  consoleErrors,
}) => {
  await signIn();
  await page.goto("/settings");
  await page.getByLabel("Organisation name").fill("Offline Inc");
  await context.setOffline(true);
  await page.getByRole("button", { name: "Rename" }).click();

  await expect(page.getByText("The request failed.")).toBeVisible();
  await expect(page.getByLabel("Organisation name")).toHaveValue("Offline Inc");
  consoleErrors.length = 0;
});

test("an admin sees the plan, the ID and the status of the organisation", async ({ page, signIn }) => {
  await signIn();
  await page.goto("/settings");
  const details = page.getByRole("region", { name: "Details" });

  for (const text of ["Acme Corporation", "org_acme", "Active", "admin"])
    await expect(details.getByText(text, { exact: true })).toBeVisible();
});

test("a viewer sees the organisation without controls, and can leave it", async ({ page, ownServers }) => {
  const { url } = (await ownServers()).dashboard;
  await signInAt(page, url, { user_id: "user_012", org_id: "org_globex" });
  await page.goto(`${url}/settings`);
  await expect(page.getByRole("region", { name: "Details" }).getByText("viewer")).toBeVisible();
  await expect(page.getByLabel("Organisation name")).toHaveCount(0);
  await expect(page.getByRole("navigation", { name: "Settings" }).getByRole("link")).toHaveText([
    "Organisation",
    "Usage",
  ]);
  await page.getByRole("button", { name: "Leave Globex Industries" }).click();
  await page.getByRole("button", { name: "Leave organisation" }).click();

  await expect(page).toHaveURL(`${url}/o/org_acme/overview`);
  await expect(page.getByRole("banner")).toContainText("Acme Corporation");
  const left = page.getByText("You left Globex Industries. This page shows Acme Corporation.");
  await expect(left).toBeVisible();
  await page.reload();
  await expect(page.getByRole("banner")).toContainText("Acme Corporation");
  await expect(left).toHaveCount(0);
});

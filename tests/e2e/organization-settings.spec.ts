import { expect, signIn as signInAt, switchTo, test } from "./fixtures.ts";

test("an admin renames the organisation that the tab shows", async ({ page, context, ownServers }) => {
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
});

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

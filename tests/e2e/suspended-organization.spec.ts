import { expect, signIn as signInAt, switchTo, test } from "./fixtures.ts";

const SUSPENDED = "This organisation is suspended";

test("a member of a suspended organisation sees why it can't be used, and can use the others", async ({
  page,
  ownServers,
  consoleErrors,
}) => {
  const servers = await ownServers();
  const { url } = servers.dashboard;
  await page.clock.install();
  await signInAt(page, url, { user_id: "user_002", org_id: "org_acme" });
  await page.goto(`${url}/dashboard`);
  await expect(page.getByRole("button", { name: "Send test event" })).toBeVisible();
  await servers.operate("organization", "suspend", "org_acme");

  await expect(async () => {
    await page.clock.fastForward("16:00"); // beyond the lifetime of an access token
    await expect(page.getByText(`${SUSPENDED}.`)).toBeVisible({ timeout: 1000 });
  }).toPass();
  for (const path of ["/dashboard", "/keys", "/settings", "/settings/members", "/settings/audit-log"]) {
    await page.goto(url + path);
    await expect(page.getByRole("heading", { name: SUSPENDED })).toBeVisible();
    await expect(
      page.getByText("Acme Corporation can't be used at the moment. Its data is kept."),
    ).toBeVisible();
  }

  await page.getByRole("button", { name: "Switch organisation" }).click();
  await expect(page.getByRole("button", { name: /^Organisation: Globex Industries/ })).toBeVisible();
  await page.getByRole("button", { name: "Send test event" }).click();
  await expect(page.getByText("Test event stored.")).toBeVisible();

  await servers.operate("organization", "resume", "org_acme");
  await page.reload();
  await switchTo(page, "Acme Corporation");
  await expect(page.getByRole("button", { name: "Send test event" })).toBeVisible();
  consoleErrors.length = 0; // about requests that the suspended organisation or the stopped API rejected
});

test("a person whose only organisation is suspended can't sign in", async ({ page, ownServers }) => {
  const servers = await ownServers();
  const { url } = servers.dashboard;
  await signInAt(page, url, { user_id: "user_001", org_id: "org_acme" });
  await servers.operate("organization", "suspend", "org_acme");
  await page.goto(`${url}/dashboard`);
  await page.getByRole("button", { name: "Switch organisation" }).click();
  await expect(page.getByRole("alert").first()).toContainText(SUSPENDED);
  await expect(page).toHaveURL(/\/sign-in\?/);

  const acme = page.locator("form", { has: page.getByRole("heading", { name: "Acme" }) });
  await acme.getByRole("button", { name: "owner" }).first().click();
  await expect(page.getByRole("alert").first()).toContainText(SUSPENDED);
});

test("the page of a suspended organisation is left when another tab signs in another user", async ({
  page,
  context,
  ownServers,
}) => {
  const servers = await ownServers();
  const { url } = servers.dashboard;
  await signInAt(page, url, { user_id: "user_001", org_id: "org_acme" });
  await servers.operate("organization", "suspend", "org_acme");
  await page.goto(`${url}/settings`);
  await expect(page.getByRole("heading", { name: SUSPENDED })).toBeVisible();
  const other = await context.newPage();
  await other.goto(`${url}/sign-in?return=/settings`);
  const globex = other.locator("form", { has: other.getByRole("heading", { name: "Globex" }) });
  await globex.getByRole("button", { name: "owner" }).first().click();
  await expect(other).toHaveURL(`${url}/o/org_globex/settings`);

  await expect(page.getByRole("heading", { name: "You aren't a member" })).toBeVisible();
  await page.getByRole("button", { name: "Switch organisation" }).click();
  await expect(page.getByRole("banner")).toContainText("Globex Industries");
});

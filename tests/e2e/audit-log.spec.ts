import type { Page } from "@playwright/test";
import { expect, signIn as signInAt, test } from "./fixtures.ts";
import { authorizationOf } from "./steps.ts";

const ADMIN = { user_id: "user_002", org_id: "org_acme" };

test("an admin sees who did what, newest first, and filters by action and actor", async ({
  page,
  ownServers,
}) => {
  const { url } = (await ownServers()).dashboard;
  await signInAt(page, url, ADMIN);
  await rename(page, url, "Acme One");
  await rename(page, url, "Acme Two");
  await page.goto(`${url}/settings/members`);
  const member = page.getByRole("row").filter({ hasText: "user_004" });
  await member.getByRole("button", { name: /^Role of / }).click();
  await member.getByRole("button", { name: /^admin/ }).click();
  await expect(page.getByText("is now admin.")).toBeVisible();

  await page.getByRole("link", { name: "Audit log" }).click();
  const rows = page.getByRole("row").filter({ hasText: "user_002" });
  await expect(rows).toHaveCount(4);
  await expect(rows.last()).toContainText("Signed in as a sample user");
  await expect(rows.first()).toContainText("Changed a role: user_004");
  await expect(rows.first()).toContainText("role: member → admin");
  await expect(rows.nth(1)).toContainText("name: Acme One → Acme Two");

  await page.getByLabel("Action").selectOption("Changed the organisation");
  await page.getByRole("button", { name: "Filter" }).click();
  await expect(page.getByRole("status").filter({ hasText: "2 entries." })).toBeVisible();
  await expect(page.getByRole("button", { name: "Filter" })).toBeFocused();
  await page.getByLabel("Actor").fill("user_003");
  await page.getByRole("button", { name: "Filter" }).click();
  await expect(page.getByText("No entries match.")).toBeVisible();
  await page.goBack();
  await expect(rows).toHaveCount(2);
  await expect(page.getByLabel("Actor")).toHaveValue("");
  await page.getByLabel("Actor").fill("user\u202e");
  await page.getByRole("button", { name: "Filter" }).click();
  await expect(page.getByText("Invalid filter.")).toBeVisible();
});

test("the audit log has pages", async ({ page, ownServers }) => {
  const { api, dashboard } = await ownServers();
  const { url } = dashboard;
  await signInAt(page, url, ADMIN);
  const headers = await authorizationOf(page, url, ADMIN.org_id);
  for (let number = 1; number <= 26; number += 1) {
    const data = { name: `Acme ${number}` };
    const renamed = await page.request.patch(`${api.url}/api/v1/organization`, { headers, data });
    expect(renamed.ok()).toBe(true);
  }
  await page.goto(`${url}/settings/audit-log`);
  const acts = page.getByRole("row").filter({ hasText: "Changed the organisation" });
  await expect(acts).toHaveCount(25);
  await expect(page.getByText("The newest 25 entries.")).toBeVisible();
  await page.getByRole("button", { name: "Show older entries" }).click();

  await expect(acts).toHaveCount(26);
  await expect(acts.last()).toContainText("→ Acme 1");
});

async function rename(page: Page, url: string, name: string): Promise<void> {
  await page.goto(`${url}/settings`);
  await page.getByLabel("Organisation name").fill(name);
  await page.getByRole("button", { name: "Rename" }).click();
  await expect(page.getByText(`The organisation is now called ${name}.`)).toBeVisible();
}

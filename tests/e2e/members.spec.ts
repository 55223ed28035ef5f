import type { Page } from "@playwright/test";
import { delayActions, expect, signIn as signInAt, switchTo, test } from "./fixtures.ts";

const OWNER = { user_id: "user_001", org_id: "org_acme" };
const ROLE = /^Role of /;

test("an owner changes a role and removes a member, and the focus follows", async ({ page, ownServers }) => {
  const { url } = (await ownServers()).dashboard;
  await signInAt(page, url, OWNER);
  await page.goto(`${url}/settings/members`);
  const row = rowOf(page, "user_004");
  await row.getByRole("button", { name: ROLE }).click();
  await row.getByRole("button", { name: /^admin/ }).click();
  await expect(page.getByRole("status").getByText(/^The role of .+ is now admin\.$/)).toBeVisible();
  await expect(row.getByRole("button", { name: ROLE })).toBeFocused();
  await expect(row.getByRole("button", { name: ROLE })).toHaveText("admin");

  await row.getByRole("button", { name: /^Remove / }).click();
  await row.getByRole("button", { name: "Remove member" }).click();
  await expect(row).toHaveCount(0);
  await expect(page.getByRole("status").filter({ hasText: "is no longer a member." })).toBeFocused();
  await page.reload();
  await expect(rowOf(page, "user_005")).toBeVisible();
  await expect(row).toHaveCount(0);
});

test("members who are removed in quick succession stay removed", async ({ page, ownServers }) => {
  const { url } = (await ownServers()).dashboard;
  await signInAt(page, url, OWNER);
  await page.goto(`${url}/settings/members`);
  await delayActions(page);
  const rows = [rowOf(page, "user_004"), rowOf(page, "user_005")];
  for (const row of rows) {
    await row.getByRole("button", { name: /^Remove / }).click();
    await row.getByRole("button", { name: "Remove member" }).click();
  }
  await page.getByRole("button", { name: "Show more members" }).click();

  await expect(page.getByText("28 members are shown.")).toBeVisible();
  for (const row of rows) await expect(row).toHaveCount(0);
});

test("the only owner can't leave until there is another owner", async ({ page, ownServers }) => {
  const { url } = (await ownServers()).dashboard;
  await signInAt(page, url, OWNER);
  await page.goto(`${url}/settings/members`);
  await page.getByRole("button", { name: "Show more members" }).click(); // all owners must be known
  const own = rowOf(page, "user_001");
  const reason = "The only owner can't leave or get another role. Make another member an owner first.";
  await expect(own.getByRole("button", { name: "Leave" })).toHaveAccessibleDescription(reason);
  await expect(own.getByRole("button", { name: "Leave" })).toBeDisabled();

  await page.goto(`${url}/settings`);
  await page.getByRole("button", { name: "Leave Acme Corporation" }).click();
  await page.getByRole("button", { name: "Leave organisation" }).click();
  await expect(page.getByText(reason)).toBeVisible();

  await page.goto(`${url}/settings/members`);
  const other = rowOf(page, "user_002");
  await other.getByRole("button", { name: ROLE }).click();
  await other.getByRole("button", { name: /^owner/ }).click();
  await expect(other.getByRole("button", { name: ROLE })).toHaveText("owner");
  await own.getByRole("button", { name: "Leave the organisation" }).click();
  await own.getByRole("button", { name: "Leave organisation" }).click();
  await expect(page.getByRole("heading", { name: "You aren't a member of an organisation" })).toBeVisible();
});

test("an owner who becomes a viewer gets a viewer's pages", async ({ page, ownServers }) => {
  const { url } = (await ownServers()).dashboard;
  await signInAt(page, url, OWNER);
  await page.goto(`${url}/settings/members`);
  const [own, other] = [rowOf(page, "user_001"), rowOf(page, "user_002")];
  await other.getByRole("button", { name: ROLE }).click();
  await other.getByRole("button", { name: /^owner/ }).click();
  await expect(other.getByRole("button", { name: ROLE })).toHaveText("owner");
  await own.getByRole("button", { name: ROLE }).click();
  await own.getByRole("button", { name: /^viewer/ }).click();

  await expect(page).toHaveURL(`${url}/o/org_acme/settings`);
  await expect(page.getByText("Your role")).toBeVisible();
  await expect(page.getByRole("link", { name: "Members" })).toBeHidden();
});

test("an admin can't change owners or make anybody an owner", async ({ page, signIn }) => {
  await signIn();
  await page.goto("/settings/members");
  const owner = rowOf(page, "user_001");
  for (const name of [ROLE, /^Remove /]) {
    const button = owner.getByRole("button", { name });
    await expect(button).toBeDisabled();
    await expect(button).toHaveAccessibleDescription("Only owners can change or remove owners.");
  }
  const row = rowOf(page, "user_004");
  await row.getByRole("button", { name: ROLE }).click();
  await expect(row.getByRole("button", { name: /^admin/ })).toBeVisible();
  await expect(row.getByRole("button", { name: /^owner/ })).toHaveCount(0);
});

test("members are listed in pages", async ({ page, signIn }) => {
  await signIn();
  await page.goto("/settings/members");
  await expect(page.getByRole("row")).toHaveCount(1 + 25);
  await page.getByRole("button", { name: "Show more members" }).click();

  await expect(page.getByRole("row")).toHaveCount(1 + 30);
  await expect(page.getByRole("status").filter({ hasText: "30 members are shown." })).toBeFocused();
  await expect(page.getByRole("button", { name: "Show more members" })).toBeHidden();
});

test("members are changed in the organisation that the tab shows", async ({ page, context, ownServers }) => {
  const { url } = (await ownServers()).dashboard;
  await signInAt(page, url, { user_id: "user_002", org_id: "org_acme" });
  await page.goto(`${url}/dashboard`);
  const other = await context.newPage();
  await other.goto(`${url}/dashboard`);
  await switchTo(other, "Globex Industries");

  await page.getByRole("link", { name: "Members" }).click();
  const shared = rowOf(page, "user_006"); // a member of both organisations
  await expect(rowOf(page, "user_004")).toBeVisible();
  await expect(rowOf(page, "user_032")).toHaveCount(0);
  await shared.getByRole("button", { name: /^Remove / }).click();
  await shared.getByRole("button", { name: "Remove member" }).click();
  await expect(shared).toHaveCount(0);

  await other.goto(`${url}/o/org_globex/settings/members`);
  await expect(rowOf(other, "user_032")).toBeVisible();
  await expect(rowOf(other, "user_006")).toBeVisible();
});

test("a user who was removed meanwhile is reported, and the list stays", async ({ page, ownServers }) => {
  const { url } = (await ownServers()).dashboard;
  await signInAt(page, url, OWNER);
  await page.goto(`${url}/settings/members`);
  const stale = await page.context().newPage();
  await stale.goto(`${url}/settings/members`);
  for (const tab of [page, stale]) {
    const row = rowOf(tab, "user_004");
    await row.getByRole("button", { name: /^Remove / }).click();
    await row.getByRole("button", { name: "Remove member" }).click();
    const text = tab === page ? "is no longer a member." : "This entry no longer exists.";
    await expect(tab.getByRole("status").filter({ hasText: text })).toBeFocused();
  }
  await expect(rowOf(stale, "user_005")).toBeVisible();
});

/** Return the row of a member. */
function rowOf(page: Page, user_id: string) {
  return page.getByRole("row").filter({ has: page.getByText(new RegExp(`${user_id}$`)) });
}

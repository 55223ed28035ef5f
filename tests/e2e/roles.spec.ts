import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { authorizationOf } from "./steps.ts";

const testEvent = (page: Page) => page.getByRole("button", { name: "Send test event" });
const keysLink = (page: Page) => page.getByRole("link", { name: "API keys" });

test("a viewer can only read", async ({ page, baseURL, apiUrl, signIn }) => {
  await signIn({ user_id: await userWithRole(page, "viewer") });
  await page.goto("/dashboard");
  await expect(testEvent(page)).toBeHidden();
  await expect(keysLink(page)).toBeHidden();

  for (const path of ["/keys", "/settings/members", "/settings/invitations", "/settings/audit-log"]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { name: "You don't have access to this page" })).toBeVisible();
  }

  const headers = await authorizationOf(page, baseURL!, "org_acme");
  expect((await page.request.get(`${apiUrl}/api/v1/keys`, { headers })).status()).toBe(403);
  expect((await page.request.get(`${apiUrl}/api/v1/events`, { headers })).status()).toBe(200);
});

test("a member can send events but not manage keys", async ({ page, signIn }) => {
  await signIn({ user_id: await userWithRole(page, "member") });
  await page.goto("/dashboard");

  await expect(testEvent(page)).toBeVisible();
  await expect(keysLink(page)).toBeHidden();
});

/** Return a user with this role in org_acme, from the sign-in page. */
async function userWithRole(page: Page, role: string): Promise<string> {
  await page.goto("/sign-in");
  const acme = page.locator("form", { has: page.getByRole("heading", { name: "Acme" }) });
  return (await acme.getByRole("button", { name: role }).first().getAttribute("value"))!;
}

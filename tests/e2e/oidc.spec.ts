import { expect, test as base } from "./fixtures.ts";
import type { OwnServers } from "./servers.ts";
import { continueAs } from "./steps.ts";

const test = base.extend<{ servers: OwnServers }>({
  servers: async ({ provider, ownServers }, use) => use(await ownServers(provider.settings)),
});

test("a user signs in at the provider, stays signed in, and must sign in again when a refresh is rejected", async ({
  page,
  provider,
  servers,
  consoleErrors,
}) => {
  const { url } = servers.dashboard;
  await page.clock.install();
  provider.idTokenSeconds = 61; // renewed one minute before it expires: one second after it was issued
  await page.goto(`${url}/dashboard?user_id=user_7`);
  await continueAs(page, "user_002");
  await expect(page).toHaveURL(`${url}/o/org_acme/overview?user_id=user_7`);
  await expect(page.getByRole("button", { name: /account of Person user_002/ })).toBeVisible();
  await expect(page.getByRole("banner")).toContainText("Acme Corporation"); // the first of three

  await expect(async () => {
    await page.reload();
    expect(provider.issued).toContain("refresh_token");
  }).toPass({ intervals: [3_000] }); // a reload during a renewal would lose its response
  await expect(page.getByRole("banner")).toContainText("Acme Corporation");

  provider.acceptsRefreshTokens = false;
  await expect(async () => {
    await page.clock.fastForward("16:00"); // beyond the lifetime of an access token
    await page.getByRole("button", { name: "Send test event" }).click();
    await expect(page.getByText("Your session has ended.")).toBeVisible({ timeout: 1000 });
  }).toPass();
  await page.getByRole("link", { name: "Sign in again" }).click();
  provider.acceptsRefreshTokens = true; // not earlier, or the page may recover before the click
  await continueAs(page, "user_002");
  await expect(page).toHaveURL(`${url}/o/org_acme/overview?user_id=user_7`);
  consoleErrors.length = 0; // about requests that were rejected, or aborted by a reload
});

test("a callback without a sign-in in progress is rejected", async ({ page, provider, servers }) => {
  const { url } = servers.dashboard;
  await page.goto(`${url}/session/callback?code=stolen&state=guessed`);
  await expect(page.getByRole("alert").first()).toContainText("Sign-in failed");
  expect(provider.issued).toEqual([]);

  await page.getByRole("link", { name: /company/ }).click();
  await page.goto(`${url}/session/callback?code=stolen&state=guessed`);
  await expect(page.getByRole("alert").first()).toContainText("Sign-in failed");
  expect(provider.issued).toEqual([]);

  await continueAs(page, "user_of_another_company");
  await expect(page.getByRole("heading", { name: "You aren't a member" })).toBeVisible();
});

test("sample users can't sign in if an identity provider is configured", async ({ page, servers }) => {
  const dashboard = await page.request.post(`${servers.dashboard.url}/session/sign-in`, {
    form: { user_id: "user_002", org_id: "org_acme" },
    headers: { Origin: servers.dashboard.url },
    maxRedirects: 0,
  });
  const api = await page.request.post(`${servers.api.url}/local-identity/token`, {
    data: { user_id: "user_002" },
  });

  expect([dashboard.status(), api.status()]).toEqual([404, 404]);
});

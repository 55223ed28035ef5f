import { ADMIN_OF_ALL, expect, test } from "./fixtures.ts";

test("signing in leads to the page that was requested", async ({ page }) => {
  await page.goto("/dashboard?start_date=2026-01-01");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await page.getByRole("button", { name: "Bo Ito" }).click();

  await expect(page).toHaveURL("/o/org_acme/overview?start_date=2026-01-01");
  await expect(page.getByRole("banner")).toContainText("Acme Corporation");
  await page.getByRole("button", { name: /account of Bo Ito/ }).click();
  await expect(page.getByText("Role: owner")).toBeVisible();
});

test.describe("sign-in is rejected", () => {
  for (const [title, user_id, org_id, message] of [
    [
      "for a user who isn't a member of the organisation",
      "user_001",
      "org_globex",
      "a member of this organisation",
    ],
    ["for a user who doesn't exist", "user_999", "org_acme", "Sign in again"],
  ] as const) {
    test(title, async ({ page, baseURL }) => {
      const response = await page.request.post("/session/sign-in", {
        form: { user_id, org_id },
        headers: { Origin: baseURL! },
      });
      await page.goto("/dashboard");

      expect(await response.text()).toContain(message);
      await expect(page).toHaveURL(/\/sign-in/);
    });
  }

  test("for a session cookie that was changed", async ({ page, context, signIn }) => {
    await signIn();
    const [cookie] = await context.cookies();
    await context.addCookies([{ ...cookie!, value: `${cookie!.value.slice(0, -4)}AAAA` }]);
    await page.goto("/dashboard");

    await expect(page).toHaveURL(/\/sign-in/);
  });
});

test("signing out ends the session", async ({ page, context, signIn }) => {
  await signIn();
  await page.goto("/dashboard");
  await page.getByRole("button", { name: /account of/ }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await page.goto("/dashboard");

  await expect(page).toHaveURL(/\/sign-in/);
  expect(await context.cookies()).toEqual([]);
});

test("signing out in one tab signs out the browser's other tabs", async ({ page, context, signIn }) => {
  await signIn();
  const tabs = [await context.newPage(), await context.newPage()];
  await tabs[0]!.goto("/dashboard");
  await tabs[1]!.goto("/embed");
  for (const tab of tabs) await expect(tab.getByRole("grid").getByRole("row").nth(5)).toBeVisible();
  await page.goto("/keys");
  await page.getByRole("button", { name: /account of/ }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();

  for (const tab of tabs) {
    await expect(tab.getByRole("heading", { name: "Sign in" })).toBeVisible();
    await expect(tab.getByRole("grid")).toHaveCount(0);
  }
});

test("when another user signs in, the browser's other tabs show that user", async ({
  page,
  context,
  signIn,
}) => {
  await signIn();
  await page.goto("/dashboard");
  const other = await context.newPage();
  await other.goto("/sign-in");
  await other.getByRole("button", { name: "Bo Ito" }).click();
  await expect(other).toHaveURL("/o/org_acme/overview");

  await expect(page.getByRole("button", { name: /account of Bo Ito/ })).toBeVisible();
});

test("when the user signs in, the browser's other tabs leave the sign-in page", async ({ page, context }) => {
  await page.goto("/keys");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  const other = await context.newPage();
  await other.goto("/sign-in");
  await other.getByRole("button", { name: "Bo Ito" }).click();
  await expect(other).toHaveURL("/o/org_acme/overview");

  await expect(page).toHaveURL("/o/org_acme/settings/keys");
  await expect(page.getByRole("heading", { name: "API keys" })).toBeVisible();
});

test("when another user signs in, the page of an invitation shows that user", async ({
  page,
  context,
  signIn,
}) => {
  await signIn();
  await page.goto("/join?invitation=inv_1");
  await expect(page.getByText("You're signed in as ")).toBeVisible();
  const other = await context.newPage();
  await other.goto("/sign-in");
  await other.getByRole("button", { name: "Bo Ito" }).click();
  await expect(other).toHaveURL("/o/org_acme/overview");

  await expect(page.getByText("You're signed in as Bo Ito")).toBeVisible();
  await expect(page).toHaveURL("/join?invitation=inv_1");
});

test("signing in never redirects to another site", async ({ page, baseURL }) => {
  for (const elsewhere of [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "javascript:alert(1)",
  ]) {
    const response = await page.request.post("/session/sign-in", {
      form: { ...ADMIN_OF_ALL, return: elsewhere },
      headers: { Origin: baseURL! },
      maxRedirects: 0,
    });

    expect(response.headers()["location"], elsewhere).toBe(`${baseURL}/`);
  }
});

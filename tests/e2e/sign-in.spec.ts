import { ADMIN_OF_ALL, expect, test } from "./fixtures.ts";

test("who is not signed in is asked to, and gets where they wanted to go", async ({ page }) => {
  await page.goto("/dashboard?start_date=2026-01-01");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await page.getByRole("button", { name: "Bo Ito" }).click();

  await expect(page).toHaveURL("/dashboard?start_date=2026-01-01");
  await expect(page.getByRole("banner")).toContainText("Acme Corporation");
  await page.getByRole("button", { name: /account of Bo Ito/ }).click();
  await expect(page.getByText("Role: owner")).toBeVisible();
});

test.describe("nobody gets in", () => {
  for (const [who, user_id, org_id, says] of [
    ["who is no member of the organisation", "user_001", "org_globex", "not a member"],
    ["whom the identity provider does not know", "user_999", "org_acme", "Sign in again"],
  ] as const) {
    test(who, async ({ page, baseURL }) => {
      const answer = await page.request.post("/session/sign-in", {
        form: { user_id, org_id },
        headers: { Origin: baseURL! },
      });
      await page.goto("/dashboard");

      expect(await answer.text()).toContain(says);
      await expect(page).toHaveURL(/\/sign-in/);
    });
  }

  test("by a session that was tampered with", async ({ page, context, signIn }) => {
    await signIn();
    const [cookie] = await context.cookies();
    await context.addCookies([{ ...cookie!, value: `${cookie!.value.slice(0, -4)}AAAA` }]);
    await page.goto("/dashboard");

    await expect(page).toHaveURL(/\/sign-in/);
  });
});

test("after signing out nobody is signed in", async ({ page, context, signIn }) => {
  await signIn();
  await page.goto("/dashboard");
  await page.getByRole("button", { name: /account of/ }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await page.goto("/dashboard");

  await expect(page).toHaveURL(/\/sign-in/);
  expect(await context.cookies()).toEqual([]);
});

test("after signing in one stays on this site", async ({ page, baseURL }) => {
  for (const elsewhere of [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "javascript:alert(1)",
  ]) {
    const answer = await page.request.post("/session/sign-in", {
      form: { ...ADMIN_OF_ALL, return: elsewhere },
      headers: { Origin: baseURL! },
      maxRedirects: 0,
    });

    expect(answer.headers()["location"], elsewhere).toBe(`${baseURL}/dashboard`);
  }
});

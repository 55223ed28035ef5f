import { expect, test } from "./fixtures.ts";

test("who is not signed in is asked to", async ({ page }) => {
  await page.goto("/dashboard");

  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
});

test("who is signed in gets to the dashboard", async ({ page, signIn }) => {
  await signIn();
  await page.goto("/");

  await expect(page).toHaveURL("/dashboard");
});

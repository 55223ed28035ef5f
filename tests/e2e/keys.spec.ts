import { expect, test } from "./fixtures.ts";

test("an admin makes a key, uses it, and revokes it", async ({ page, context, apiUrl, signIn }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await signIn();
  await page.goto("/dashboard");
  await page.getByRole("link", { name: "Keys" }).click();
  await page.getByLabel("Name").fill("Key of the test");
  await page.getByLabel("Kind").selectOption("secret");
  await page.getByRole("button", { name: "Create a key" }).click();
  await page.getByRole("button", { name: "Copy the key" }).click();
  await expect(page.getByText("Copied")).toBeVisible();
  const api_key = await page.evaluate(() => navigator.clipboard.readText());
  const exchange = () => page.request.post(`${apiUrl}/api/v1/auth/token`, { data: { api_key } });

  expect((await exchange()).status()).toBe(200);
  const row = page.getByRole("row", { name: "Key of the test" });
  await expect(row).toContainText("secret");
  expect(await (await page.reload())!.text()).not.toContain(api_key);

  await row.getByRole("button", { name: "Revoke Key of the test" }).click();
  await row.getByRole("button", { name: "Revoke it" }).click();
  await expect(row).toBeHidden();
  expect((await exchange()).status()).toBe(401);
});

test("a name that is blank is explained", async ({ page, signIn }) => {
  await signIn();
  await page.goto("/keys");
  await page.getByLabel("Name").fill("   ");
  await page.getByRole("button", { name: "Create a key" }).click();

  await expect(page.getByText("A key needs a name that is not blank.")).toBeVisible();
});

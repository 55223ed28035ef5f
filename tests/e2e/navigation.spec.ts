import { AxeBuilder } from "@axe-core/playwright";
import { ADMIN_OF_ALL, APPEARANCES, expect, signIn as signInAt, test } from "./fixtures.ts";

for (const [width, colorScheme] of APPEARANCES) {
  test(`the header and menus fit a width of ${width} pixels, ${colorScheme}`, async ({ page, signIn }) => {
    await page.setViewportSize({ width, height: 740 });
    await page.emulateMedia({ colorScheme });
    for (const path of ["/sign-in", "/keys"]) {
      await page.goto(path);
      await signIn();
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );

      expect(overflow, path).toBe(0);
      expect((await new AxeBuilder({ page }).analyze()).violations, path).toEqual([]);
    }
    await page.goto("/keys");
    if (width < 1024) {
      await page.getByRole("button", { name: "Menu of pages" }).click();
      expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    }
    await page.getByRole("link", { name: "Usage" }).click();
    await expect(page).toHaveURL("/o/org_acme/settings/usage");
    await expect(page.getByRole("link", { name: "API keys" })).toBeVisible({ visible: width >= 1024 });
    await page.getByRole("button", { name: /account of/ }).click();
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  });
}

test("a selected theme is stored and rendered by the server", async ({ page, signIn }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await signIn();
  await page.goto("/dashboard");
  await page.getByRole("button", { name: /account of/ }).click();
  await page.getByText("Dark", { exact: true }).click();
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await background();
  const html = await (await page.reload())!.text();

  expect(html).toContain(`data-theme="dark"`);
  expect(await background()).toBe(dark);
  await page.emulateMedia({ colorScheme: "dark" });
  expect(await background()).toBe(dark);
});

test("an unknown path shows a 404 page", async ({ page, signIn, consoleErrors }) => {
  await signIn();
  const response = await page.goto("/no/such/page");

  expect(response!.status()).toBe(404);
  await expect(page.getByRole("heading", { name: "Page not found" })).toBeVisible();
  expect(consoleErrors.splice(0)).toEqual([expect.stringContaining("404")]);
});

test("an incompatible version of the API is reported", async ({ page, faultyDashboard }) => {
  const { url, proxy } = faultyDashboard;
  proxy.faults = ({ path }) =>
    path === "/healthz"
      ? { response: { status: 200, body: `{"status":"ok","version":"9.0.0"}` } }
      : undefined;
  await signInAt(page, url, ADMIN_OF_ALL);
  await page.goto(`${url}/settings`);

  await expect(page.getByRole("alert").first()).toContainText("but the API is version 9.0.0");
});

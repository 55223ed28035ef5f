import { AxeBuilder } from "@axe-core/playwright";
import { ADMIN_OF_ALL, APPEARANCES, expect, signIn as signInAt, test } from "./fixtures.ts";
import { expectOnConsole } from "./steps.ts";

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

test("an unknown path shows a 404 page with a header", async ({ page, signIn, consoleErrors }) => {
  await signIn();
  for (const [path, header] of [
    ["/no/such/page", "Acme Analytics"],
    ["/o/org_acme/no/such/page", "Acme Corporation"],
    ["/o/org_acme/%E0%A4%A", "Acme Corporation"], // isn't the encoding of a text
  ] as const) {
    const response = await page.goto(path);

    expect(response!.status()).toBe(404);
    await expect(page.getByRole("heading", { name: "Page not found" })).toBeVisible();
    await expect(page.getByRole("banner")).toContainText(header);
    await expectOnConsole(consoleErrors, "404");
  }
});

test("an icon is served where browsers request one by default", async ({ request, page, signIn }) => {
  await signIn();
  for (const client of [request, page.request]) {
    const response = await client.get("/favicon.ico", { maxRedirects: 0 });
    expect(response.status()).toBe(200);
    expect(response.headers()["content-type"]).toBe("image/svg+xml");
  }
});

test("the command palette goes to a page and to another organisation", async ({ page, signIn }) => {
  await signIn();
  await page.goto("/settings/usage");
  const search = page.getByRole("combobox", { name: /^Search: Pages/ });
  await expect(async () => {
    await page.keyboard.press("Control+k");
    await expect(search).toBeFocused({ timeout: 1_000 });
  }).toPass();
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  await page.keyboard.type("funn");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL("/o/org_acme/funnels");
  await page.keyboard.press("Control+k");
  await page.keyboard.type("initech");
  await page.keyboard.press("Enter");

  await expect(page).toHaveURL("/o/org_initech/overview");
});

test("an address with a user's id in its path leads to the user's page", async ({
  page,
  signIn,
  consoleErrors,
}) => {
  await signIn();
  await page.goto("/o/org_acme/users/nobody%40acme.example");

  await expect(page).toHaveURL("/o/org_acme/users?id=nobody%40acme.example");
  await expect(page.getByText("This user has sent no events.")).toBeVisible();
  await expectOnConsole(consoleErrors, "404"); // the API doesn't know the user
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

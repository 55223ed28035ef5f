import { AxeBuilder } from "@axe-core/playwright";
import { FaultProxy } from "../../src/sdk/tests/support/fault-proxy.ts";
import { freePort } from "../../src/sdk/tests/support/processes.ts";
import { ADMIN_OF_ALL, expect, signIn as signInAt, test } from "./fixtures.ts";
import { serveDashboard } from "./servers.ts";

for (const width of [360, 2560]) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`the frame fits ${width} pixels, ${colorScheme}`, async ({ page, signIn }) => {
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
      await page.getByRole("button", { name: /account of/ }).click();
      expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    });
  }
}

test("a theme that was chosen stays, rendered by the server", async ({ page, signIn }) => {
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

test("an address that is none says so", async ({ page, signIn, complaints }) => {
  await signIn();
  const answer = await page.goto("/no/such/page");

  expect(answer!.status()).toBe(404);
  await expect(page.getByRole("heading", { name: "There is no such page" })).toBeVisible();
  expect(complaints.splice(0)).toEqual([expect.stringContaining("404")]);
});

test("an API of another generation is announced", async ({ page, apiUrl, complaints }) => {
  const proxy = await FaultProxy.before(apiUrl);
  proxy.faults = ({ path }) =>
    path === "/healthz" ? { answer: { status: 200, body: `{"status":"ok","version":"9.0.0"}` } } : undefined;
  const dashboard = await serveDashboard({ port: await freePort(), apiUrl: proxy.url });
  await signInAt(page, dashboard.url, ADMIN_OF_ALL);
  await page.goto(`${dashboard.url}/dashboard`);

  await expect(page.getByRole("alert").first()).toContainText("and the API 9.0.0: they don't fit together");
  await dashboard.stop();
  await proxy.close();
  complaints.length = 0; // the API refuses the pages of an origin that it does not know
});

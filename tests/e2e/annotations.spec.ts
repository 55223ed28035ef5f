// Annotations of charts, from writing one to deleting it.
import { AxeBuilder } from "@axe-core/playwright";
import type { Locator, Page } from "@playwright/test";
import { ADMIN_OF_ALL, expect, signIn as signInAt, test } from "./fixtures.ts";
import { authorizationOf, hydrated } from "./steps.ts";

/** A viewer of org_acme. */
const VIEWER = "user_007";
const DAY_MS = 24 * 3600 * 1000;
const LONGEST = "إطلاق صفحة الدفع الجديدة ".repeat(16).trim().padEnd(400, "!");

test("annotations are written, shown on charts, changed and deleted", async ({ page, ownServers }) => {
  test.slow(); // a whole journey
  const { api, dashboard } = await ownServers();
  const { url } = dashboard;
  await signInAt(page, url, ADMIN_OF_ALL);
  await page.goto(`${url}/o/org_acme/overview?range=30d`);

  const annotate = page.getByRole("button", { name: "Annotate" });
  await hydrated(annotate);
  await annotate.click();
  await expect(page.getByLabel(/^Time \(/)).toHaveValue(/^\d{4}-\d\d-\d\dT\d\d:\d\d$/);
  await page.getByLabel("Text").fill("Released the new\ncheckout");
  await expectAccessible(page);
  await page.getByRole("button", { name: "Add", exact: true }).click();
  const marker = page.getByRole("button", { name: "Annotation: Released the new checkout" });
  await expect(marker).toBeVisible();
  await expect(annotate).toBeFocused();

  const hint = page.locator(".annotation-hint");
  await marker.hover();
  await expect(hint).toHaveText("Released the new checkout");
  await page.mouse.move(0, 0);
  await expect(hint).toHaveCount(0);
  await page.keyboard.press("Tab");
  await focusWithKeys(page, marker);
  await expect(hint).toHaveText("Released the new checkout");
  await page.keyboard.press("Escape");
  await expect(hint).toHaveCount(0);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Edit" }).press("Enter");
  await expect(page.getByLabel("Text")).toHaveValue("Released the new checkout");
  await page.getByLabel("Text").fill(LONGEST);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  const longest = page.getByRole("button", { name: `Annotation: ${LONGEST}` });
  await expect(longest).toBeVisible();

  const headers = await authorizationOf(page, url, "org_acme");
  const own = `${api.url}/api/v1/annotations`;
  const daysAgo = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString();
  for (const text of ["One", "Two", "Three", "Four"])
    await page.request.post(own, { headers, data: { at: daysAgo(10), text } });
  await page.request.post(own, { headers, data: { at: daysAgo(60), text: "Before the range" } });
  await page.reload();
  const four = page.getByRole("button", { name: /^4 annotations: \w+; \w+; \w+; and 1 more$/ });
  await expect(four).toHaveText("4");
  await expect(page.getByRole("button", { name: /nnotations?: / })).toHaveCount(2);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    for (const width of [320, 390, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      await four.click();
      await expect(page.getByText("Four", { exact: true })).toBeInViewport({ ratio: 1 });
      await longest.click();
      await expect(page.getByText(LONGEST)).toBeInViewport({ ratio: 1 });
      await expectFits(page, `annotations-${colorScheme}-${width}`);
      await expectAccessible(page);
      await page.keyboard.press("Escape");
    }
  }

  await page.goto(`${url}/o/org_acme/explore?range=30d`);
  await expect(four).toBeVisible();
  await expect(longest).toBeVisible();
  await four.click();
  await page.getByRole("button", { name: "Delete the annotation" }).first().click();
  await page.getByRole("button", { name: "Delete annotation" }).click();
  await expect(page.getByText("Annotation deleted.")).toBeVisible();
  const three = page.getByRole("button", { name: /^3 annotations: / });
  await expect(three).toBeVisible();
  await expect(page.getByRole("group", { name: "Annotations" })).toBeFocused();

  await longest.click();
  await page.getByRole("button", { name: "Edit" }).click();
  const [first] = (
    (await (await page.request.get(own, { headers })).json()) as { data: { annotation_id: string }[] }
  ).data;
  await page.request.patch(`${own}/${first!.annotation_id}`, { headers, data: { text: "Of others" } });
  await page.getByLabel("Text").fill("Mine");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Somebody else has made a change.")).toBeVisible();

  await page.context().clearCookies();
  await signInAt(page, url, { ...ADMIN_OF_ALL, user_id: VIEWER });
  await page.goto(`${url}/o/org_acme/overview?range=30d`);
  await three.click();
  await expect(
    page
      .getByText("Four", { exact: true })
      .or(page.getByText("Three", { exact: true }))
      .first(),
  ).toBeVisible();
  for (const name of ["Annotate", "Edit", /^Delete/])
    await expect(page.getByRole("button", { name })).toHaveCount(0);
});

test("charts work without the annotations", async ({ page, baseURL, signIn }) => {
  await signIn();
  await page.route("**/annotations?**", (route) => route.fulfill({ json: { data: null } }));
  await page.goto(`${baseURL!}/o/org_acme/overview?range=30d`);

  await expect(page.getByText("Annotations can't be loaded.")).toBeVisible();
  await expect(page.getByRole("slider", { name: "Values by day" })).toBeVisible();
  await expectAccessible(page);
});

/** Press Tab until the element has the focus. */
async function focusWithKeys(page: Page, element: Locator): Promise<void> {
  for (let presses = 0; presses < 12; presses += 1) {
    if (await element.evaluate((node) => node === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  await expect(element).toBeFocused();
}

async function expectFits(page: Page, name: string): Promise<void> {
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow, name).toBe(0);
  if (process.env["ANNOTATION_SHOTS"]) await page.screenshot({ path: `/tmp/shots/${name}.png` });
}

async function expectAccessible(page: Page): Promise<void> {
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
}

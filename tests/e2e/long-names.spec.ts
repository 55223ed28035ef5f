// Long names and ids must neither overflow the page nor be broken inside a word that fits.
import { AnalyticsClient } from "@acme/analytics-sdk";
import type { Locator, Page } from "@playwright/test";
import { ADMIN_OF_ALL, expect, signIn as signInAt, test } from "./fixtures.ts";
import { authorizationOf, invite, showUntil } from "./steps.ts";

const TYPES = 1_024;
const LONG = "w".repeat(123);
/** The page had 13,776 elements when it rendered every type. */
const ELEMENTS_MAX = 4_000;
const PATHS = ["/dashboard", "/keys", "/settings", "/settings/members", "/settings/audit-log"];

test("a long organisation name fits every page", async ({ page, ownServers }) => {
  test.slow(); // twelve pages
  const { api, dashboard } = await ownServers();
  const { url } = dashboard;
  await signInAt(page, url, ADMIN_OF_ALL);
  const headers = await authorizationOf(page, url, ADMIN_OF_ALL.org_id);
  for (const name of ["W".repeat(100), "Wide words ".repeat(9).trim()]) {
    const renamed = await page.request.patch(`${api.url}/api/v1/organization`, { headers, data: { name } });
    expect(renamed.ok()).toBe(true);
    for (const path of PATHS) {
      await page.goto(url + path);
      for (const width of [360, 700, 1024]) {
        await page.setViewportSize({ width, height: 800 });
        await expectNoOverflow(page, name);
        const { height } = (await page.getByRole("banner").boundingBox())!;
        expect(height, `the header at ${width} pixels`).toBeLessThan(width < 640 ? 100 : 60);
      }
    }
    await page.getByRole("button", { name: /^Organisation: W/ }).click();
    const item = page.getByRole("link", { name: new RegExp(`^${name}`) });
    expect(await item.evaluate((one) => one.scrollWidth - one.clientWidth)).toBeLessThanOrEqual(0);
    await page.context().clearCookies();
    await page.setViewportSize({ width: 360, height: 800 });
    await page.goto(`${url}/sign-in`);
    await expect(page.getByRole("heading", { name })).toBeVisible();
    await expectNoOverflow(page, name);
    await signInAt(page, url, ADMIN_OF_ALL);
  }
});

test("names, origins and ids wrap between words on a phone, and buttons are aligned", async ({
  page,
  ownServers,
}) => {
  const { api, dashboard } = await ownServers();
  const { url } = dashboard;
  await signInAt(page, url, ADMIN_OF_ALL);
  const headers = await authorizationOf(page, url, ADMIN_OF_ALL.org_id);
  const data = { name: "pk_local_shop", kind: "publishable", origins: ["https://shop.example"] };
  expect((await page.request.post(`${api.url}/api/v1/keys`, { headers, data })).ok()).toBe(true);
  await page.setViewportSize({ width: 360, height: 800 });
  await page.goto(`${url}/keys`);
  const row = page.getByRole("row", { name: "pk_local_shop" });
  for (const word of ["local", "shop", "publishable", "example"]) expect(await linesOf(row, word)).toBe(1);
  const distance = await distanceToEdge(page, "Revoke pk_local_shop");
  await page.goto(`${url}/settings/audit-log`);
  await expect(page.getByRole("row", { name: "Created an API key" })).toContainText(/SHA-256: [0-9a-f]{12}…/);
  for (const entry of await page.getByRole("row").filter({ hasText: "user_002" }).all())
    expect(await linesOf(entry, "user_002")).toBe(1);
  await page.goto(`${url}/settings/invitations`);
  await invite(page, "ada@acme.example", "viewer");

  expect(await distanceToEdge(page, "Revoke the invitation of ada@acme.example")).toBe(distance);
});

test("1,024 event types with long names fit a phone, and need few elements", async ({ page, ownServers }) => {
  const { api, dashboard } = await ownServers();
  const analytics = new AnalyticsClient({ apiKey: "ak_local_globex", baseUrl: api.url });
  const types = Array.from({ length: TYPES }, (_, n) => `${LONG}_${String(n).padStart(4, "0")}`);
  const properties = { [LONG]: LONG };
  await analytics.trackEvents(types.map((event_type) => ({ event_type, user_id: LONG, properties })));
  await analytics.close();
  await signInAt(page, dashboard.url, { ...ADMIN_OF_ALL, org_id: "org_globex" });
  const rows = page.getByRole("list", { name: "Values of Event type" });
  await showUntil(page, `${dashboard.url}/o/org_globex/overview?range=7d`, rows, LONG);
  expect(await page.locator("*").count()).toBeLessThan(ELEMENTS_MAX);
  await page.getByLabel("Search the rows").fill(types[7]!);
  await expect(rows.getByRole("listitem")).toHaveCount(1);

  for (const path of ["overview?range=7d", `explore?range=7d&series=${types[3]}`, "live", "users"]) {
    await page.goto(`${dashboard.url}/o/org_globex/${path}`);
    await expect(page.getByText(LONG).first()).toBeVisible();
    for (const width of [390, 320]) {
      await page.setViewportSize({ width, height: 800 });
      await expectNoOverflow(page, LONG);
    }
  }
});

test("the actor of an entry is a link to all of their acts", async ({ page, ownServers }) => {
  const { url } = (await ownServers()).dashboard;
  await signInAt(page, url, ADMIN_OF_ALL);
  await page.goto(`${url}/settings/audit-log`);
  await page.getByRole("link", { name: "Acts of user_002" }).first().click();

  await expect(page).toHaveURL(`${url}/o/org_acme/settings/audit-log?actor=user_002`);
  await expect(page.getByLabel("Actor", { exact: true })).toHaveValue("user_002");
});

/** Expect no overflow of the page, nor of an element that contains the text. */
async function expectNoOverflow(page: Page, text: string): Promise<void> {
  const overflowing = await page
    .locator("main, main *, header, header *")
    .filter({ hasText: text })
    .evaluateAll((all: readonly HTMLElement[]) =>
      all
        .filter((one) => one.checkVisibility() && getComputedStyle(one).overflowX === "visible")
        .filter((one) => one.clientWidth > 0 && one.scrollWidth > one.clientWidth + 1)
        .map((one) => one.outerHTML.slice(0, 200)),
    );
  expect(overflowing, page.url()).toEqual([]);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow, page.url()).toBeLessThanOrEqual(0);
}

/** Return the number of lines in which the first occurrence of the word is rendered. */
function linesOf(locator: Locator, word: string): Promise<number> {
  return locator.evaluate((element, text) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const nodes: { readonly node: Node; readonly start: number }[] = [];
    let all = "";
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      nodes.push({ node, start: all.length });
      all += node.textContent;
    }
    const at = all.indexOf(text);
    const place = (offset: number) => nodes.findLast(({ start }) => start <= offset)!;
    const [first, last] = [place(at), place(at + text.length - 1)];
    const range = document.createRange();
    range.setStart(first.node, at - first.start);
    range.setEnd(last.node, at + text.length - last.start);
    return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size;
  }, word);
}

/** Return the distance from the button to the right edge of its table. */
function distanceToEdge(page: Page, name: string): Promise<number> {
  return page
    .getByRole("button", { name, exact: true })
    .evaluate((button) =>
      Math.round(
        button.closest("table")!.getBoundingClientRect().right - button.getBoundingClientRect().right,
      ),
    );
}

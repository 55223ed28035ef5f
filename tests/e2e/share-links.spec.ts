// Public links to saved views, from their creation to their revocation.
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { ADMIN_OF_ALL, expect, signIn as signInAt, test } from "./fixtures.ts";
import { authorizationOf, hydrated } from "./steps.ts";

const NAME = "Wöchentliche Anmeldungen 🎉";
const FILTER = String(
  new URLSearchParams({
    filter: JSON.stringify({ property: "device", operator: "is", values: ["desktop", "mobile"] }),
  }),
);
const VIEWS = [
  ["overview", "Numbers", `measure=users&range=30d&by=property:device&${FILTER}`],
  [
    "explore",
    "Groups",
    `series=logged_in&by=property:device&interval=week&compare=previous_period&${FILTER}`,
  ],
  ["funnels", "Log-ins", `step=page_viewed&step=logged_in&range=90d`],
  ["retention", "Returning", "interval=week&range=this_month"],
] as const;

test("a view is shared by a link until the link expires or is revoked", async ({
  page,
  browser,
  ownServers,
}) => {
  test.slow(); // a whole journey
  const { api, dashboard } = await ownServers();
  const { url } = dashboard;
  await signInAt(page, url, ADMIN_OF_ALL);
  await page.goto(`${url}/o/org_acme/explore?range=90d`);
  await hydrated(page.getByRole("button", { name: "Save view" }));
  await page.getByRole("button", { name: "Save view" }).click();
  await page.getByLabel("Name", { exact: true }).fill(NAME);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await openDialog(page, NAME);
  await expect(page.getByText("No links to this view.")).toBeVisible();
  await expect(page.getByLabel("Expires")).toHaveValue("7");
  await page.getByLabel("Expires").selectOption("30");
  const link = await createLink(page);
  const lastFour = link.slice(-4);
  const first = page.url();
  await expect(page.getByRole("list", { name: "Links" })).toContainText(`…${lastFour}Created by you`);
  await expectFits(page);

  const stranger = await browser.newContext();
  const visitor = await stranger.newPage();
  const requests: string[] = [];
  visitor.on("request", (request) => requests.push(request.url()));
  const response = await visitor.goto(link);
  expect(response!.status()).toBe(200);
  expect(response!.headers()).toMatchObject({
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex, nofollow",
    "cache-control": expect.stringContaining("private"),
  });
  expect(response!.headers()).not.toHaveProperty("set-cookie");
  await expect(visitor.getByRole("heading", { name: NAME })).toBeVisible();
  await expect(visitor.getByText(/^Shared by Acme Corporation · expires on \d+ \w+ \d{4}$/)).toBeVisible();
  await expect(visitor.getByText("Last 90 days")).toBeVisible();
  await expect(visitor.getByText("Includes all events received until")).toBeVisible();
  await expect(visitor.getByRole("link")).toHaveCount(0);
  for (const name of ["List the users", "Pause", "Save view", "Copy as curl"])
    await expect(visitor.getByRole("button", { name })).toHaveCount(0);
  await visitor.getByText("Show as table").click();
  await expect(visitor.getByRole("table", { name: /newest first/ })).toBeVisible();
  await expectFits(visitor);
  expect(await stranger.cookies()).toEqual([]);
  expect(requests.filter((request) => !request.startsWith(url))).toEqual([]);
  expect(await response!.text()).not.toContain("eyJ"); // no token

  const headers = await authorizationOf(page, url, "org_acme");
  const save = async (view: string, name: string, state: string): Promise<string> => {
    const data = { name, page: view, state };
    const saved = await page.request.post(`${api.url}/api/v1/views`, { headers, data });
    return ((await saved.json()) as { readonly view_id: string }).view_id;
  };
  for (const [view, name, state] of VIEWS) {
    await page.goto(`${url}/o/org_acme/${view}?${state}&view=${await save(view, name, state)}`);
    await openDialog(page, name);
    await visitor.goto(await createLink(page));
    await expect(visitor.getByRole("heading", { name })).toBeVisible();
    await expect(visitor.getByRole("table").first()).toBeAttached();
    await expect(visitor.getByText("Users who dropped off")).toHaveCount(0);
    if (state.endsWith(FILTER)) await expect(visitor.getByText("device is desktop, mobile")).toBeVisible();
    await expectFits(visitor);
  }
  const filter = JSON.stringify({ field: "user_id", operator: "is", values: ["user_001"] });
  const ofUser = String(new URLSearchParams({ filter }));
  await page.goto(`${url}/o/org_acme/explore?${ofUser}&view=${await save("explore", "Ada", ofUser)}`);
  await openDialog(page, "Ada");
  await expect(page.getByText("because it filters or groups by user ID.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Create link" })).toHaveCount(0);

  const view_id = new URL(first).searchParams.get("view")!;
  const data = { state: "range=7d" };
  expect((await page.request.patch(`${api.url}/api/v1/views/${view_id}`, { headers, data })).ok()).toBe(true);
  await page.goto(first);
  await openDialog(page, NAME);
  await expect(page.getByRole("list", { name: "Links" })).toContainText("shows an earlier state of the view");
  await visitor.goto(link);
  await expect(visitor.getByText("Last 90 days")).toBeVisible();

  await page.getByRole("button", { name: `Revoke the link …${lastFour}` }).click();
  await page.getByRole("button", { name: "Revoke link" }).click();
  await expect(page.getByText(`The link …${lastFour} is revoked.`)).toBeVisible();
  await expect(page.getByText("No links to this view.")).toBeVisible();
  await expect(page.getByText(link)).toHaveCount(0);
  const expiring = await page.request.post(`${api.url}/api/v1/views/${view_id}/shares`, {
    headers,
    data: {
      queries: [{ insight: "trends", query: { series: [{}] } }],
      expires_at: new Date(Date.now() + 2_000).toISOString(),
    },
  });
  const brief = `${url}/s/${((await expiring.json()) as { readonly secret: string }).secret}`;
  await expect.poll(async () => (await visitor.request.get(brief)).status()).toBe(404);
  const pages: string[] = [];
  for (const address of [link, brief, `${link.slice(0, -4)}0000`, `${url}/s/x`, `${url}/s/%E0%A4%A`]) {
    expect((await visitor.goto(address))!.status(), address).toBe(404);
    await expect(visitor.getByRole("heading", { name: "This link doesn't work" })).toBeVisible();
    pages.push(await visitor.locator("body").innerText());
  }
  expect(new Set(pages).size).toBe(1);
  await expectFits(visitor);
  await stranger.close();

  await page.goto(`${url}/o/org_acme/live`);
  await hydrated(page.getByRole("button", { name: "Save view" }));
  await page.getByRole("button", { name: "Save view" }).click();
  await page.getByLabel("Name", { exact: true }).fill("List");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await openDialog(page, "List");
  await expect(page.getByText("The page Live shows data of persons")).toBeVisible();
  await expect(page.getByRole("button", { name: "Create link" })).toHaveCount(0);
  await page.goto(`${url}/o/org_acme/settings/audit-log`);
  await expect(page.getByRole("row", { name: /Revoked a share link/ })).toContainText(NAME);
  await expect(page.getByRole("row", { name: /Created a share link/ }).last()).toContainText(NAME);
});

async function openDialog(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: `View: ${name}` }).click();
  await page.getByRole("button", { name: "Share link…" }).click();
  await expect(page.getByRole("dialog", { name: `Share link: ${name}` })).toBeVisible();
}

async function createLink(page: Page): Promise<string> {
  await page.getByRole("button", { name: "Create link" }).click();
  return (await page.getByRole("dialog").locator("code.select-all").textContent())!;
}

/** Check that the page has no horizontal scrollbar and is accessible, on a phone and on a desktop. */
async function expectFits(page: Page): Promise<void> {
  for (const width of [390, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow, `at ${width} pixels`).toBe(0);
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  }
}

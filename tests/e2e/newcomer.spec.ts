// The path of a first customer. docs/deployment.md describes the same path.
import { AnalyticsClient } from "@acme/analytics-sdk";
import type { Page } from "@playwright/test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { closePages, expect, scrollToTable, test as base } from "./fixtures.ts";
import { Rehearsal } from "./rehearsal.ts";
import { authorizationOf, continueAs, createKey, invite } from "./steps.ts";

const test = base.extend<{ rehearsal: Rehearsal }>({
  ignoreHTTPSErrors: true, // the identity provider's certificate is self-signed
  rehearsal: async ({ context }, use) => {
    const folder = mkdtempSync(join(tmpdir(), "e2e-rehearsal-"));
    const rehearsal = await Rehearsal.running({ folder });
    await use(rehearsal);
    await closePages(context);
    await rehearsal.stop();
    rmSync(folder, { recursive: true });
  },
});

test("outside `local`, a first customer starts with an empty store and invites a colleague", async ({
  page,
  browser,
  rehearsal,
  consoleErrors,
}) => {
  test.slow(); // moto handles one request at a time
  const { api, dashboard } = rehearsal;
  const open = (path: string, by = page) => by.goto(dashboard.url + path);
  await test.step("nobody can sign in to an empty store", async () => {
    expect(JSON.parse(rehearsal.operate("organization", "list", "--all", "--json"))).toEqual([]);
    const wellKnown = { api_key: "ak_local_acme" };
    const exchange = await page.request.post(`${api.url}/api/v1/auth/token`, { data: wellKnown });
    expect(exchange.status()).toBe(401);
    await open("/dashboard");
    await continueAs(page, "ada");
    await expect(page.getByRole("heading", { name: "You aren't a member" })).toBeVisible();
    await expect(page.getByText("Only the operator of this service can create organisations.")).toBeVisible();
  });

  await test.step("an operator creates the organisation and adds its owner", () => {
    rehearsal.operate("organization", "create", "org_northwind", "--name", "Northwind Traders");
    rehearsal.operate("member", "add", "org_northwind", "ada", "--role", "owner");
  });

  const apiKey = await test.step("the owner opens the organisation and creates a key", async () => {
    await page.getByRole("button", { name: "Check again" }).click();
    await expect(page.getByRole("banner")).toContainText("Northwind Traders");
    await expect(page.getByRole("heading", { name: "Send your first event" })).toBeVisible();
    await expect(page.getByText("The package isn't published on npm yet.")).toBeVisible();
    await page.getByRole("link", { name: "API keys" }).click();
    await page.getByRole("combobox", { name: "Type" }).selectOption("secret");
    return createKey(page, "Shop", /^ak_(?!local)/);
  });

  await test.step("the SDK sends events, and the dashboard shows them", async () => {
    const analytics = new AnalyticsClient({ apiKey, baseUrl: api.url });
    const user_ids = ["customer_1", "customer_2", "customer_2"];
    const results = user_ids.map((user_id) => analytics.trackEvent({ event_type: "signed_up", user_id }));
    await Promise.all(results);
    await analytics.close();
    await open("/dashboard");
    await expectEvents(page);
  });

  await test.step("the usage page shows the quota that an operator set", async () => {
    const setQuota = ["organization", "set-quota", "org_northwind", "--warn-at", "50", "--events"];
    const quota = page.getByRole("region", { name: "Monthly quota" });
    rehearsal.operate(...setQuota, "4");
    await open("/settings/usage");
    await expect(quota).toContainText("3 of 4 events this month");
    await expect(quota).toContainText("At least 50% of the quota is used.");
    rehearsal.operate(...setQuota, "3");
    await open("/settings/usage");
    await expect(quota).toContainText("3 of 3 events this month");
    await expect(quota).toContainText("The quota is used up, so the API refuses new events.");
  });

  const colleague = await browser.newPage({ ignoreHTTPSErrors: true });
  await test.step("a colleague joins through the link of an invitation", async () => {
    await open("/settings/invitations");
    const link = await invite(page, "grace@company.example", "viewer");
    await colleague.goto(link);
    await continueAs(colleague, "grace");
    await expect(colleague).toHaveURL(`${dashboard.url}/o/org_northwind/overview`);
    await expect(colleague.getByRole("banner")).toContainText("Northwind Traders");
  });

  await test.step("the colleague can read events, but can't send events or create keys", async () => {
    await expectEvents(colleague);
    await expect(colleague.getByRole("button", { name: "Send test event" })).toBeHidden();
    await expect(colleague.getByRole("link", { name: "API keys" })).toBeHidden();
    await open("/keys", colleague);
    await expect(colleague.getByRole("heading", { name: "You don't have access" })).toBeVisible();
    const headers = await authorizationOf(colleague, dashboard.url, "org_northwind");
    const key = { name: "Key of a viewer", kind: "secret" };
    const created = await colleague.request.post(`${api.url}/api/v1/keys`, { headers, data: key });
    expect(await created.json()).toMatchObject({ status: 403, code: "insufficient_scope" });
    await colleague.close();
  });

  const log = JSON.parse(rehearsal.operate("audit-log", "org_northwind", "--json")) as { action: string }[];
  expect(log.map(({ action }) => action).toReversed()).toEqual([
    "organization.create",
    "member.add",
    "api_key.create",
    "organization.set_quota",
    "organization.set_quota",
    "invitation.create",
    "invitation.accept",
  ]);
  consoleErrors.length = 0; // about insights, because the rehearsal has no event lake
});

/** Expect the events of the SDK in the table and in the metrics. */
async function expectEvents(page: Page): Promise<void> {
  await expect(page.getByRole("button", { name: /^Events \(total\) 3/ })).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole("button", { name: /^Active users \(unique\) 2/ })).toBeVisible();
  const table = await scrollToTable(page);
  await expect(table.getByRole("row").filter({ hasText: "customer_" })).toHaveCount(3);
}

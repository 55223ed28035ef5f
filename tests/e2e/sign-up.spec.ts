import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, test as base } from "./fixtures.ts";
import type { Environment, OwnServers } from "./servers.ts";
import { continueAs, createKey, hydrated } from "./steps.ts";

const test = base.extend<{ serve: (signUp: Environment) => Promise<OwnServers> }>({
  serve: async ({ provider, ownServers }, use) =>
    use((signUp) => ownServers({ ...provider.settings, ...signUp })),
});

test("a person without an organisation creates one, sends its first event and is its owner", async ({
  page,
  serve,
}) => {
  const { api, dashboard } = await serve({ ANALYTICS_SIGN_UP: "open" });
  const { url } = dashboard;
  await page.goto(`${url}/settings`);
  await continueAs(page, "newcomer");
  await expect(page).toHaveURL(`${url}/sign-up`);
  for (const path of ["/", "/dashboard", "/keys", "/settings/members"]) {
    await page.goto(url + path);
    await expect(page).toHaveURL(`${url}/sign-up`);
  }
  const name = page.getByLabel("Organisation name");
  await name.fill("   ");
  await page.getByRole("button", { name: "Create organisation" }).click();
  await expect(page.getByRole("alert").first()).toContainText("Enter a valid name");

  await name.fill("Northwind Traders");
  await page.getByRole("button", { name: "Create organisation" }).click();
  await expect(page).toHaveURL(/\/o\/org_\w+\/overview$/);
  await expect(page.getByRole("banner")).toContainText("Northwind Traders");
  await sendFirstEvent(page, api.url);
  await page.goto(`${url}/keys`);
  await createKey(page, "Shop");
  await page.goto(`${url}/settings/usage`);
  await expect(page.getByRole("region", { name: "Monthly quota" })).toContainText(
    "1 of 100,000 events this month",
  );
  await page.goto(`${url}/settings/audit-log`);
  await expect(page.getByRole("row").filter({ hasText: "Created the organisation" })).toHaveCount(1);
});

test("a person with an unverified address can't create an organisation", async ({
  page,
  provider,
  serve,
}) => {
  provider.verifiesEmail = false;
  const { url } = (await serve({ ANALYTICS_SIGN_UP: "open" })).dashboard;
  await page.goto(url);
  await continueAs(page, "newcomer");
  await page.getByLabel("Organisation name").fill("Northwind Traders");
  await page.getByRole("button", { name: "Create organisation" }).click();

  await expect(page.getByRole("alert").first()).toContainText("Your e-mail address isn't verified");
  await expect(page.getByLabel("Organisation name")).toHaveValue("Northwind Traders");
});

test("a new organisation is opened even if the API issues no tokens afterwards", async ({
  page,
  provider,
  dashboardBefore,
  serve,
}) => {
  const signUp = { ANALYTICS_SIGN_UP: "open" };
  const { api } = await serve(signUp);
  const { url, proxy } = await dashboardBefore(api.url, { ...provider.settings, ...signUp });
  await page.goto(url);
  await continueAs(page, "newcomer");
  await page.getByLabel("Organisation name").fill("Northwind Traders");
  proxy.faults = ({ path }) => (path === "/api/v1/auth/token" ? { response: { status: 503 } } : undefined);
  await page.getByRole("button", { name: "Create organisation" }).click();
  await expect(page.getByRole("heading", { name: "The API is unavailable" })).toBeVisible();
  await expect(page).toHaveURL(/\/o\/org_\w+\/overview$/);

  proxy.faults = () => undefined;
  await page.goto(`${url}/settings`);
  await expect(page.getByRole("banner")).toContainText("Northwind Traders");
});

test("members get their dashboard instead of the page", async ({ page, signIn }) => {
  await signIn();
  await page.goto("/sign-up");

  await expect(page).toHaveURL("/o/org_acme/overview");
});

test("the page follows the other tabs: it shows the next user, and is left for a member", async ({
  page,
  context,
  serve,
}) => {
  const { url } = (await serve({ ANALYTICS_SIGN_UP: "open" })).dashboard;
  await page.goto(url);
  await continueAs(page, "newcomer");
  await expect(page.getByText("You're signed in as Person newcomer")).toBeVisible();
  const other = await context.newPage();
  for (const user of ["colleague", "user_002"]) {
    await other.goto(`${url}/sign-in`);
    await continueAs(other, user);
    if (user === "colleague")
      await expect(page.getByText("You're signed in as Person colleague")).toBeVisible();
  }
  await expect(page).toHaveURL(`${url}/o/org_acme/overview`);
  await expect(page.getByRole("button", { name: /account of Person user_002/ })).toBeVisible();
});

test("if sign-up is closed, the page and the API say so", async ({ page, serve }) => {
  const { url } = (await serve({})).dashboard;
  await page.goto(url);
  await continueAs(page, "newcomer");
  await expect(page.getByText("Only the operator of this service can create organisations.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Create organisation" })).toBeHidden();
  await page.getByRole("button", { name: "Check again" }).click();
  await expect(page).toHaveURL(`${url}/sign-up`);

  const response = await page.request.post(`${url}/session/sign-up`, {
    form: { name: "Northwind Traders" },
    headers: { Origin: url },
  });
  expect(response.url()).toContain("error=sign_up_closed");
  expect(await response.text()).toContain("You can&#x27;t create an organisation");
});

/** Send an event with the key and the request that the overview shows to a new organisation. */
async function sendFirstEvent(page: Page, apiUrl: string): Promise<void> {
  const create = page.getByRole("button", { name: "Create key" });
  await hydrated(create);
  await create.click();
  const code = page.getByLabel("Code", { exact: true });
  await expect(code).toContainText(/apiKey="pk_\w+" baseUrl="http/);
  await page.getByRole("button", { name: "curl" }).click();
  await expect(code).toContainText(`curl ${apiUrl}/api/v1/events/beacon`);
  const [, api_key] = /"api_key": "(\w+)"/.exec((await code.textContent())!)!;
  await expect(page.getByText("Waiting for your first event…")).toBeVisible();
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);

  const timestamp = new Date().toISOString();
  const event = { event_id: "first", event_type: "signed_up", user_id: "user_1", timestamp };
  const sent = await page.request.post(`${apiUrl}/api/v1/events/beacon`, {
    headers: { "Content-Type": "text/plain" },
    data: JSON.stringify({ api_key, events: [event] }),
  });
  expect(sent.status()).toBe(201);
  await expect(page.getByText("1 event received.")).toBeVisible();
  await expect(page.getByRole("list", { name: "Events" })).toContainText("signed_up by user_1");
  await expect(page.getByText(api_key!, { exact: true })).toBeVisible(); // it is shown only once
  await page.getByRole("button", { name: "Open the overview" }).click();
  await expect(page.getByRole("button", { name: /^Events \(total\) ?1/ })).toBeVisible();
}

import { ADMIN_OF_ALL, delayActions, expect, signIn as signInAt, switchTo, test } from "./fixtures.ts";
import { continueAs, invite } from "./steps.ts";

test("an admin invites a person, gets the link once, and revokes the invitation", async ({
  page,
  context,
  signIn,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await signIn();
  await page.goto("/settings/invitations");
  await expect(page.getByLabel("Role").locator("option")).toHaveText([/^viewer/, /^member/, /^admin/]);
  const link = await invite(page, "ada@acme.example", "member");
  await page.getByRole("button", { name: "Copy link" }).click();
  await expect(page.getByText("Copied")).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(link);
  const row = page.getByRole("row", { name: "ada@acme.example" });
  await expect(row).toContainText("member");
  const token = new URL(link).searchParams.get("invitation")!;
  expect(token).toMatch(/^inv_/);
  expect(await (await page.reload())!.text()).not.toContain(token);

  await row.getByRole("button", { name: /^Revoke the invitation/ }).click();
  await row.getByRole("button", { name: "Revoke invitation", exact: true }).click();
  await expect(row).toHaveCount(0);
  await expect(page.getByRole("status").filter({ hasText: "is revoked." })).toBeFocused();
  await page.goto(link);
  await page.getByRole("button", { name: "Accept invitation" }).click();
  await expect(page.getByText("This invitation is for another e-mail address.")).toBeVisible();
});

test("an address that is invited again has one open invitation", async ({ page, signIn }) => {
  await signIn();
  await page.goto("/settings/invitations");
  await invite(page, "twice@acme.example", "viewer");
  await invite(page, "Another@acme.example", "viewer");
  await invite(page, "Twice@Acme.example", "member");
  const rows = page.getByRole("row").filter({ hasText: /^twice@acme\.example/i });

  await expect(rows).toHaveText([/^Twice@Acme\.examplemember/]);
  await page.reload();
  await expect(rows).toHaveText([/^Twice@Acme\.examplemember/]);
  await expect(page.getByRole("row", { name: "Another@acme.example" })).toBeVisible();
});

test("a link stays until it is replaced, even if the next invitation is rejected", async ({
  page,
  signIn,
}) => {
  await signIn();
  await page.goto("/settings/invitations");
  const link = await invite(page, "kept@acme.example", "viewer");
  const address = page.getByLabel("E-mail address");
  await address.evaluate((field: HTMLInputElement) => (field.form!.noValidate = true));
  await address.fill("no address");
  await page.getByRole("button", { name: "Invite" }).click();

  await expect(page.getByText("Check the e-mail address.")).toBeVisible();
  await expect(page.getByText(link)).toBeVisible();
});

test("a link is shown even if the API's next responses are errors", async ({ page, faultyDashboard }) => {
  const { url, proxy } = faultyDashboard;
  await signInAt(page, url, ADMIN_OF_ALL);
  await page.goto(`${url}/settings/invitations`);
  proxy.faults = ({ method, path }) =>
    method === "GET" && path.startsWith("/api/v1/invitations") ? { response: { status: 503 } } : undefined;

  expect(await invite(page, "outage@acme.example", "viewer")).toContain("/join?invitation=inv_");
  await expect(page.getByRole("row", { name: "outage@acme.example" })).toBeVisible();
});

test("invitations that are revoked in quick succession stay revoked", async ({ page, signIn }) => {
  await signIn();
  await page.goto("/settings/invitations");
  const people = ["first@acme.example", "second@acme.example"];
  for (const email of people) await invite(page, email, "viewer");
  await delayActions(page);
  for (const email of people) {
    const row = page.getByRole("row", { name: email });
    await row.getByRole("button", { name: /^Revoke the invitation/ }).click();
    await row.getByRole("button", { name: "Revoke invitation", exact: true }).click();
  }

  await expect(page.getByText("The invitation of second@acme.example is revoked.")).toBeVisible();
  for (const email of people) await expect(page.getByRole("row", { name: email })).toHaveCount(0);
});

test("a page without the token of an invitation, and a token that is too long, are explained", async ({
  page,
  signIn,
}) => {
  const message = page.getByRole("main").getByText("This invitation is no longer valid.");
  const accept = page.getByRole("button", { name: "Accept invitation" });
  const tooLong = `/join?invitation=inv_${"x".repeat(300)}`;
  await page.goto(tooLong);
  await page.getByRole("button", { name: "owner" }).first().click();
  await expect(message).toBeVisible();

  await signIn();
  for (const path of ["/join", "/join?invitation=", "/join?invitation=a&invitation=b"]) {
    await page.goto(path);
    await expect(page.getByText("open the link of your invitation")).toBeVisible();
    await expect(message).toHaveCount(0);
    await expect(accept).toHaveCount(0);
    await page.getByRole("link", { name: "Go to dashboard" }).click();
    await expect(page).toHaveURL("/o/org_acme/overview");
  }
  await page.goto(tooLong);
  await accept.click();
  await expect(message).toBeVisible();
});

test("an invalid address is reported, and the form keeps its input", async ({ page, signIn }) => {
  await signIn();
  await page.goto("/settings/invitations");
  const address = page.getByLabel("E-mail address");
  await address.evaluate((field: HTMLInputElement) => (field.form!.noValidate = true));
  await address.fill("no address");
  await page.getByLabel("Role").selectOption("admin");
  await page.getByRole("button", { name: "Invite" }).click();

  await expect(page.getByText("Check the e-mail address.")).toBeVisible();
  await expect(address).toHaveValue("no address");
  await expect(page.getByLabel("Role")).toHaveValue("admin");
});

test("people are invited to the organisation that the tab shows, and a signed-in user accepts", async ({
  page,
  context,
  ownServers,
}) => {
  const { api, dashboard } = await ownServers();
  const { url } = dashboard;
  const users = await (await page.request.get(`${api.url}/local-identity/users`)).json();
  const list = (Array.isArray(users) ? users : users.data) as { user_id: string; email: string }[];
  const { email } = list.find(({ user_id }) => user_id === "user_029")!;
  await signInAt(page, url, { user_id: "user_002", org_id: "org_acme" });
  await page.goto(`${url}/settings`);
  const other = await context.newPage();
  await other.goto(`${url}/dashboard`);
  await switchTo(other, "Initech");
  await page.getByRole("link", { name: "Invitations" }).click();
  const link = await invite(page, email, "viewer");
  await other.goto(`${url}/o/org_initech/settings/invitations`);
  await expect(other.getByText("No open invitations.")).toBeVisible();

  await signInAt(page, url, { user_id: "user_029", org_id: "org_globex" });
  await page.goto(link);
  await page.getByRole("button", { name: "Accept invitation" }).click();
  await expect(page).toHaveURL(`${url}/o/org_acme/overview`);
  await expect(page.getByRole("button", { name: /^Organisation: Acme Corporation/ })).toBeVisible();
});

test("an invited person who has no organisation signs in and becomes a viewer", async ({
  page,
  browser,
  provider,
  ownServers,
}) => {
  const { dashboard } = await ownServers(provider.settings);
  await page.goto(`${dashboard.url}/settings/invitations`);
  await continueAs(page, "user_002");
  const link = await invite(page, "newcomer@company.example", "viewer");

  const stranger = await browser.newPage();
  await stranger.goto(link);
  await continueAs(stranger, "stranger");
  await expect(stranger.getByText("This invitation is for another e-mail address.")).toBeVisible();
  await continueAs(stranger, "newcomer");
  await expect(stranger).toHaveURL(`${dashboard.url}/o/org_acme/overview`);
  await expect(stranger.getByRole("banner")).toContainText("Acme Corporation");
  await stranger.goto(`${dashboard.url}/settings`);
  await expect(stranger.getByRole("region", { name: "Details" }).getByText("viewer")).toBeVisible();
  await stranger.close();
  await page.goto(`${dashboard.url}/settings/invitations`);
  await expect(page.getByText("No open invitations.")).toBeVisible();
});

import type { Page } from "@playwright/test";
import { ADMIN_OF_ALL, expect, signIn as signInAt, switchTo, test } from "./fixtures.ts";
import { createKey } from "./steps.ts";

const DAY = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});

test("an admin creates a key, uses it and revokes it", async ({ page, context, apiUrl, signIn }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await signIn();
  await page.goto("/dashboard");
  await page.getByRole("link", { name: "API keys" }).click();
  await page.getByLabel("Name").fill("Key of the test");
  await page.getByLabel("Type").selectOption("secret");
  await page.getByRole("button", { name: "Create key" }).click();
  await page.getByRole("button", { name: "Copy key" }).click();
  await expect(page.getByText("Copied")).toBeVisible();
  const api_key = await page.evaluate(() => navigator.clipboard.readText());
  const exchange = () => page.request.post(`${apiUrl}/api/v1/auth/token`, { data: { api_key } });

  expect((await exchange()).status()).toBe(200);
  const row = page.getByRole("row", { name: "Key of the test" });
  await expect(row).toContainText("secret");
  expect(await (await page.reload())!.text()).not.toContain(api_key);

  await row.getByRole("button", { name: "Revoke Key of the test" }).click();
  await row.getByRole("button", { name: "Revoke key", exact: true }).click();
  await expect(row).toBeHidden();
  await expect(page.getByRole("status").filter({ hasText: "Key of the test is revoked." })).toBeFocused();
  expect((await exchange()).status()).toBe(401);
});

test("an admin creates keys that only read, that expire, and that some origins only may use", async ({
  page,
  apiUrl,
  signIn,
}) => {
  await signIn();
  await page.goto("/keys");
  await page.getByLabel("Type").selectOption("read");
  await expect(page.getByLabel("Allowed origins")).toBeHidden();
  await page.getByLabel("Expires").selectOption("In 30 days");
  const reader = await createKey(page, "Key that reads", /^rk_/);
  await expect(page.getByRole("row", { name: "Key that reads" })).toContainText("read-only");
  const inAMonth = DAY.format(new Date(Date.now() + 30 * 86_400_000));
  await expect(page.getByRole("row", { name: "Key that reads" })).toContainText(inAMonth);

  await page.getByLabel("Type").selectOption("publishable");
  await page.getByLabel("Allowed origins").fill("https://shop.example/, http://localhost:4000");
  const limited = await createKey(page, "Key of the shop");
  const row = page.getByRole("row", { name: "Key of the shop" });
  await expect(row).toContainText("https://shop.example, http://localhost:4000");
  await expect(row).toContainText("not yet");
  const send = (origin: string) =>
    page.request.post(`${apiUrl}/api/v1/events/beacon`, {
      headers: { "Content-Type": "text/plain", Origin: origin },
      data: JSON.stringify({
        api_key: limited,
        events: [
          {
            event_id: "of-the-shop",
            event_type: "viewed",
            user_id: "u",
            timestamp: new Date().toISOString(),
          },
        ],
      }),
    });
  expect((await send("https://shop.example")).status()).toBe(201);
  expect((await send("https://other.example")).status()).toBe(403);
  const exchange = await page.request.post(`${apiUrl}/api/v1/auth/token`, { data: { api_key: reader } });
  expect(await exchange.json()).toMatchObject({ scope: "events:read insights:read metrics:read" });

  await page.reload();
  await expect(row).toContainText(DAY.format(new Date()));
  await expect(row).not.toContainText("not yet");
});

test("a key is shown, and revoked, even if the API's next responses are errors", async ({
  page,
  faultyDashboard,
}) => {
  const { url, proxy } = faultyDashboard;
  await signInAt(page, url, ADMIN_OF_ALL);
  await page.goto(`${url}/keys`);
  proxy.faults = ({ method, path }) =>
    method === "GET" && path.startsWith("/api/v1/keys") ? { response: { status: 503 } } : undefined;
  await createKey(page, "Key before an outage");
  const row = page.getByRole("row", { name: "Key before an outage" });
  await revoke(page, "Key before an outage");

  await expect(page.getByText("The key Key before an outage is revoked.")).toBeVisible();
  await expect(page.getByRole("status").locator("code")).toHaveCount(0); // its secret
  await expect(row).toHaveCount(0);
});

test("a secret stays until it is replaced, even if the next key is rejected", async ({ page, signIn }) => {
  await signIn();
  await page.goto("/keys");
  const secret = await createKey(page, "Key to keep");
  await page.getByLabel("Name").fill("   ");
  await page.getByRole("button", { name: "Create key" }).click();

  await expect(page.getByText("The name of a key can't be blank.")).toBeVisible();
  await expect(page.getByText(secret)).toBeVisible();
  await createKey(page, "Key that replaces it");
  await expect(page.getByText(secret)).toHaveCount(0);
  await expect(page.getByText("The name of a key can't be blank.")).toHaveCount(0);
});

test("an origin without a scheme is reported, and the form keeps its input", async ({ page, signIn }) => {
  await signIn();
  await page.goto("/keys");
  const [name, type] = [page.getByLabel("Name"), page.getByLabel("Type")];
  const [expires, origins] = [page.getByLabel("Expires"), page.getByLabel("Allowed origins")];
  await type.selectOption("publishable");
  await name.fill("Key to correct");
  await expires.selectOption("In 90 days");
  await origins.fill("https://shop.example localhost:3000");
  await page.getByRole("button", { name: "Create key" }).click();

  const text = "“localhost:3000” has no scheme. Enter http://localhost:3000 instead.";
  await expect(page.getByRole("status").getByText(text)).toBeVisible();
  await expect(name).toHaveValue("Key to correct");
  await expect(expires).toHaveValue("90");
  await expect(origins).toHaveValue("https://shop.example localhost:3000");
  await origins.fill("https://shop.example http://localhost:3000");
  await page.getByRole("button", { name: "Create key" }).click();
  await expect(page.getByRole("row", { name: "Key to correct" })).toBeVisible();
  await expect(name).toHaveValue("");
});

test("a blank key name is reported", async ({ page, signIn }) => {
  await signIn();
  await page.goto("/keys");
  await page.getByLabel("Name").fill("   ");
  await page.getByLabel("Type").selectOption("read");
  await page.getByRole("button", { name: "Create key" }).click();

  await expect(page.getByText("The name of a key can't be blank.")).toBeVisible();
  await expect(page.getByLabel("Type")).toHaveValue("read");
});

test("keys are listed, created and revoked in the organisation that the tab shows", async ({
  page,
  context,
  signIn,
}) => {
  await signIn();
  await page.goto("/dashboard");
  const form = await context.newPage();
  await form.goto("/keys");
  const other = await context.newPage();
  await other.goto("/dashboard");
  await switchTo(other, "Globex Industries");
  await page.getByRole("link", { name: "API keys" }).click();
  await expect(page.getByRole("row", { name: /ak_local_acme/ })).toBeVisible();
  await expect(page.getByRole("row", { name: /globex/ })).toHaveCount(0);

  await form.getByLabel("Name").fill("Key of two tabs");
  await form.getByRole("button", { name: "Create key" }).click();
  const row = form.getByRole("row", { name: "Key of two tabs" });
  await expect(row).toBeVisible();
  await expect(form.getByRole("row", { name: /ak_local_acme/ })).toBeVisible();
  await other.getByRole("link", { name: "API keys" }).click();
  await expect(other.getByRole("row", { name: /ak_local_globex/ })).toBeVisible();
  await expect(other.getByRole("row", { name: "Key of two tabs" })).toHaveCount(0);

  await row.getByRole("button", { name: "Revoke Key of two tabs" }).click();
  await row.getByRole("button", { name: "Revoke key", exact: true }).click();
  await expect(row).toBeHidden();
  await expect(form.getByRole("row", { name: /ak_local_acme/ })).toBeVisible();
  await expect(form.getByRole("button", { name: /^Organisation: Acme Corporation/ })).toBeVisible();
});

test("an action is done in the organisation of the path, and only for its members", async ({
  page,
  signIn,
}) => {
  await signIn({ user_id: "user_001" });
  await page.goto("/o/org_acme/settings/keys");
  await page.getByLabel("Name").fill("Key of a stranger");
  await page.evaluate(() => history.replaceState(null, "", "/o/org_globex/settings/keys"));
  await page.getByRole("button", { name: "Create key" }).click();
  await expect(page.getByText("You aren't a member of this organisation.")).toBeVisible();

  for (const org_id of ["org_globex", "org_that_does_not_exist"]) {
    await page.goto(`/o/${org_id}/settings/keys`);
    await expect(page.getByRole("heading", { name: "You aren't a member" })).toBeVisible();
  }
  await page.getByRole("button", { name: "Switch organisation" }).click();
  await expect(page).toHaveURL("/o/org_acme/overview");
});

for (const [title, deny] of [
  [
    "over http, where browsers provide no clipboard",
    () => Object.defineProperty(navigator, "clipboard", { value: undefined }),
  ],
  [
    "when access to the clipboard is denied",
    () =>
      (navigator.clipboard.writeText = async () => Promise.reject(new DOMException("", "NotAllowedError"))),
  ],
] as const)
  test(`the secret of a key can be copied ${title}`, async ({ page, signIn }) => {
    await page.addInitScript(deny);
    await signIn();
    await page.goto("/keys");
    const secret = await createKey(page, "Key to copy");
    await page.getByRole("button", { name: "Copy key" }).click();
    await expect(page.getByText("Copied")).toBeVisible();
    const name = page.getByLabel("Name");
    await name.fill("");
    await name.press("ControlOrMeta+V");

    await expect(name).toHaveValue(secret);
  });

test("a secret is selected if the browser can't copy it", async ({ page, signIn }) => {
  await page.addInitScript(() => {
    Object.defineProperty(navigator, "clipboard", { value: undefined });
    document.execCommand = () => false;
  });
  await signIn();
  await page.goto("/keys");
  const secret = await createKey(page, "Key to select");
  const selected = () => page.evaluate(() => String(getSelection()));
  await page.getByText(secret).click();
  expect(await selected()).toBe(secret);
  await page.getByLabel("Name").click();
  await page.getByRole("button", { name: "Copy key" }).click();
  await expect(page.getByText("Press Ctrl+C or ⌘C to copy")).toBeVisible();

  expect(await selected()).toBe(secret);
});

async function revoke(page: Page, name: string): Promise<void> {
  const row = page.getByRole("row", { name });
  await row.getByRole("button", { name: `Revoke ${name}` }).click();
  await row.getByRole("button", { name: "Revoke key", exact: true }).click();
}

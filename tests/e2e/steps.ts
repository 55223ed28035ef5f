// Steps that tests of several pages share.
import type { Locator, Page } from "@playwright/test";
import { expect } from "./fixtures.ts";

/** Sign in at the identity provider. */
export async function continueAs(page: Page, user: string): Promise<void> {
  await page.getByRole("link", { name: /company/ }).click();
  await page.getByLabel("User").fill(user);
  await page.getByRole("button", { name: "Continue" }).click();
}

/** Return the header with an access token that the dashboard issues to the page's user. */
export async function authorizationOf(
  page: Page,
  origin: string,
  org_id: string,
): Promise<{ readonly Authorization: string }> {
  const issued = await page.request.post(`${origin}/session/token`, {
    headers: { Origin: origin },
    data: { org_id },
  });
  const { access_token } = (await issued.json()) as { readonly access_token: string };
  return { Authorization: `Bearer ${access_token}` };
}

/** Invite a person, and return the link of the invitation. */
export async function invite(page: Page, email: string, role: string): Promise<string> {
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Role").selectOption(role);
  await page.getByRole("button", { name: "Invite" }).click();
  await expect(page.getByRole("status").getByText(email)).toBeVisible();
  return (await page.getByRole("status").locator("code").textContent())!;
}

/** Wait until the console has exactly this error, which the test expects. Messages arrive after what they are about. */
export async function expectOnConsole(consoleErrors: string[], part: string): Promise<void> {
  await expect.poll(() => consoleErrors).toEqual([expect.stringContaining(part)]);
  consoleErrors.length = 0;
}

/** Create a key, and return its secret. */
export async function createKey(page: Page, name: string, pattern = /^pk_/): Promise<string> {
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Create key" }).click();
  const secret = page.getByRole("status").locator("code");
  await expect(page.getByRole("status").getByText(name)).toBeVisible();
  await expect(secret).toHaveText(pattern);
  return (await secret.textContent())!;
}

/** Wait until React has attached the element's handlers. Events before that are lost. */
export async function hydrated(element: Locator): Promise<void> {
  const hasHandlers = (node: Element): boolean =>
    Object.keys(node).some((key) => key.startsWith("__reactProps"));
  await expect.poll(() => element.evaluate(hasHandlers)).toBe(true);
}

/** Choose an option of a picker, whose button's name begins with this text. */
export async function choose(page: Page, picker: string, option: string): Promise<void> {
  await page.getByRole("button", { name: new RegExp(`^${picker}`) }).click();
  await page.getByRole("combobox", { name: /^Search: / }).fill(option);
  await page.getByRole("option", { name: option, exact: true }).click();
}

/** Choose a preset of the range of dates. */
export async function chooseRange(page: Page, preset: string): Promise<void> {
  await page.getByRole("button", { name: /^Date range/ }).click();
  await page.getByRole("button", { name: preset, exact: true }).click();
}

/** Open the page until the lake, which is behind the store when the tests start, has all events. */
export async function showUntil(page: Page, path: string, target: Locator, text: string): Promise<void> {
  await expect(async () => {
    await page.goto(path);
    await expect(target).toContainText(text, { timeout: 5_000 });
  }).toPass();
}

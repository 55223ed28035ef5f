// Saved views and boards, from saving a view to deleting its board.
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { ADMIN_OF_ALL, expect, signIn as signInAt, test } from "./fixtures.ts";
import { authorizationOf, chooseRange, hydrated } from "./steps.ts";

/** A viewer of org_acme. */
const VIEWER = "user_007";
const NAME = "Wöchentliche Anmeldungen 🎉";

test("views are saved, changed, arranged on a board, and deleted", async ({ page, ownServers }) => {
  test.slow(); // a whole journey
  const { api, dashboard } = await ownServers();
  const { url } = dashboard;
  await signInAt(page, url, ADMIN_OF_ALL);

  await page.goto(`${url}/o/org_acme/boards`);
  await expect(page.getByText("No boards yet.")).toBeVisible();
  await expect(page.getByText("No saved views yet.")).toBeVisible();
  await page.goto(`${url}/o/org_acme/explore?range=7d`);
  await saveAs(page, NAME);
  await expect(page).toHaveURL(/range=7d&view=view_/);
  await chooseRange(page, "Last 90 days");
  await page.getByRole("button", { name: "Save changes" }).click();
  await expect(page.getByText(`Changes to “${NAME}” saved.`)).toBeVisible();
  await expect(page.getByRole("button", { name: "Save changes" })).toBeHidden();
  await page.getByRole("button", { name: `View: ${NAME}` }).click();
  await page.getByRole("button", { name: "Rename…" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Sign-ups");
  await page.getByRole("button", { name: "Rename", exact: true }).click();
  await expect(page.getByRole("button", { name: "View: Sign-ups" })).toBeVisible();
  await expectAccessible(page);
  for (const [path, name] of [
    ["overview?measure=users", "Users"],
    ["funnels?step=page_viewed&step=logged_in", "Log-ins"],
    ["retention", "Returning"],
    ["users", "Newest users"],
    ["live", "Live list"],
  ] as const) {
    await page.goto(`${url}/o/org_acme/${path}`);
    await saveAs(page, name);
  }

  await page.keyboard.press("Control+k");
  await page.keyboard.type("sign-u");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/explore\?range=90d&view=view_/);
  await expect(page.getByRole("link", { name: "Sign-ups" })).toHaveAttribute("aria-current", "page");

  await page.getByRole("link", { name: "Boards", exact: true }).click();
  await page.getByRole("button", { name: "New board" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Growth");
  await page.getByRole("button", { name: "Create board" }).click();
  await expect(page.getByRole("heading", { name: "Growth" })).toBeVisible();
  await expect(page.getByText("This board has no views yet.")).toBeVisible();
  const tiles = page.getByRole("list", { name: "Views" }).locator("> li");
  const names = ["Sign-ups", "Users", "Log-ins", "Returning", "Newest users", "Live list"];
  for (const [index, name] of names.entries()) {
    await page.getByRole("button", { name: "Add view" }).click();
    await page.getByRole("option", { name: new RegExp(`^${name}`) }).click();
    await expect(tiles).toHaveCount(index + 1);
  }
  await expect(tiles.nth(0)).toContainText("Last 90 days");
  await expect(tiles.nth(1).getByRole("heading", { name: /^Users by/ })).toBeVisible();
  await expect(tiles.nth(2)).toContainText("1. page_viewed");
  await expect(tiles.nth(3)).toContainText("All cohorts");
  await expect(tiles.nth(4).getByRole("row")).not.toHaveCount(0);
  await expect(tiles.nth(5).getByRole("row")).not.toHaveCount(0);
  await expectAccessible(page);
  await page.getByRole("button", { name: "Move down: Sign-ups" }).press("Enter");
  await expect(page.getByText("“Sign-ups” moved to position 2 of 6.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Move down: Sign-ups" })).toBeFocused();
  await page.getByRole("button", { name: "Remove from the board: Live list" }).click();
  await expect(tiles).toHaveCount(5);
  await page.reload();
  await expect(tiles.nth(0).getByRole("link", { name: "Users" })).toBeVisible();
  await expect(tiles).toHaveCount(5);

  for (const width of [390, 768, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow, `at ${width} pixels`).toBe(0);
    await expectAccessible(page);
  }

  const address = page.url();
  await page.getByRole("button", { name: "Rename" }).click();
  const headers = await authorizationOf(page, url, "org_acme");
  const board = `${api.url}/api/v1/boards/${address.split("/").at(-1)}`;
  await page.request.patch(board, { headers, data: { name: "Growth of others" } });
  await page.getByLabel("Name", { exact: true }).fill("Mine");
  await page.getByRole("button", { name: "Rename", exact: true }).last().click();
  await expect(page.getByText("Somebody else has made a change.")).toBeVisible();

  await page.context().clearCookies();
  await signInAt(page, url, { ...ADMIN_OF_ALL, user_id: VIEWER });
  await page.goto(address);
  await expect(page.getByRole("heading", { name: "Growth of others" })).toBeVisible();
  await expect(tiles).toHaveCount(5);
  for (const name of ["Add view", "Rename", /^Delete/, /^Move/, /^Remove/])
    await expect(page.getByRole("button", { name })).toHaveCount(0);
  await tiles.nth(0).getByRole("link", { name: "Users" }).click();
  await expect(page.getByText("View: Users")).toBeVisible();
  await expect(page.getByRole("button", { name: /^Save/ })).toHaveCount(0);

  await page.context().clearCookies();
  await signInAt(page, url, ADMIN_OF_ALL);
  await page.goto(address);
  await page.getByRole("button", { name: "Delete the board Growth of others" }).click();
  await page.getByRole("button", { name: "Delete board" }).click();
  await expect(page.getByText("No boards yet.")).toBeVisible();
  await page.getByRole("button", { name: "Delete the view Sign-ups" }).click();
  await page.getByRole("button", { name: "Delete view" }).click();
  await expect(page.getByText("View “Sign-ups” deleted.")).toBeVisible();
  await expect(page.getByRole("link", { name: "Sign-ups" })).toHaveCount(0);
});

async function saveAs(page: Page, name: string): Promise<void> {
  const save = page.getByRole("button", { name: "Save view" });
  await hydrated(save);
  await save.click();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByRole("button", { name: `View: ${name}` })).toBeVisible();
}

async function expectAccessible(page: Page): Promise<void> {
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
}

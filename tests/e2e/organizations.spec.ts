import { expect, switchTo, test } from "./fixtures.ts";

test("after a switch to another organisation, no data of the previous one is fetched or shown", async ({
  page,
  apiUrl,
  signIn,
}) => {
  await signIn();
  await page.goto("/dashboard");
  await page.getByRole("button", { name: "Send test event" }).click();
  await expect(page.getByText("Test event stored.")).toBeVisible();
  await page.getByRole("button", { name: /^Organisation: Acme Corporation/ }).click();
  const responses: string[] = [];
  page.on("response", async (response) => {
    // A response to the page that the switch replaces has no body.
    if (response.url().startsWith(apiUrl)) responses.push(await response.text().catch(() => ""));
  });
  await page.getByRole("link", { name: "Globex Industries" }).click();
  await expect(page.getByRole("button", { name: /^Organisation: Globex Industries/ })).toBeVisible();
  await page.getByRole("button", { name: "Send test event" }).click();
  await expect(page.getByText("Test event stored.")).toBeVisible();
  await page.waitForLoadState("networkidle");

  expect(responses.length).toBeGreaterThan(0);
  expect(responses.join("\n")).not.toContain("org_acme");
  await expect(page.locator("main")).not.toContainText("org_acme");
});

test("a tab keeps its organisation when another tab switches", async ({ page, context, signIn }) => {
  const requested: string[] = [];
  await signIn();
  page.on("request", (request) => {
    if (request.url().endsWith("/session/token")) requested.push(request.postDataJSON().org_id);
  });
  await page.goto("/dashboard");
  const other = await context.newPage();
  await other.goto("/dashboard");
  await switchTo(other, "Initech");
  await page.getByRole("button", { name: "Send test event" }).click();
  await expect(page.getByText("Test event stored.")).toBeVisible();

  expect(new Set(requested)).toEqual(new Set(["org_acme"]));
  await page.reload();
  await expect(page.getByRole("button", { name: /^Organisation: Acme/ })).toBeVisible();
});

// Alerts on a saved view, from their creation to their deletion.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { authorizationOf, hydrated } from "./steps.ts";

const NAME = "Anmeldungen pro Tag 🎉";

test("a member creates, tests, pauses and deletes an alert on a view", async ({
  page,
  apiUrl,
  baseURL,
  signIn,
}) => {
  const received: { readonly headers: object; readonly body: string }[] = [];
  let status = 204;
  const receiver = createServer(async (request, response) => {
    const chunks = await request.setEncoding("utf8").toArray();
    received.push({ headers: request.headers, body: chunks.join("") });
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/alerts`;
  await signIn({ org_id: "org_acme" });
  const headers = await authorizationOf(page, baseURL!, "org_acme");
  const open = async (name: string, state: string): Promise<void> => {
    const data = { name, page: "explore", state };
    const saved = await page.request.post(`${apiUrl}/api/v1/views`, { headers, data });
    const { view_id } = (await saved.json()) as { readonly view_id: string };
    await page.goto(`/o/org_acme/explore?${state}&view=${view_id}`);
    const menu = page.getByRole("button", { name: `View: ${name}` });
    await hydrated(menu);
    await menu.click();
    await page.getByRole("button", { name: "Alerts…" }).click();
    await expect(page.getByText("No alerts on this view.")).toBeVisible();
  };
  await open(NAME, "series=signed_up&interval=day");
  await expect(page.getByLabel("Name", { exact: true })).toHaveValue(NAME);
  await page.getByLabel("The number").selectOption("decrease");
  await page.getByLabel("Threshold").fill("0");
  await page.getByLabel("URL of your endpoint").fill(endpoint);
  await page.getByRole("button", { name: "Create alert" }).click();
  await expect(page.getByText("A percentage must be greater than 0.")).toBeVisible();
  await page.getByLabel("Threshold").fill("30");
  await page.getByRole("button", { name: "Create alert" }).click();
  await expect(page.getByRole("dialog").locator("code")).toHaveText(/^whsec_.{32}$/);
  const entry = page.getByRole("list", { name: "Alerts" }).getByRole("listitem");
  await expect(entry).toContainText("decreases by at least 30% · Not checked yet");
  await expectFits(page);

  await entry.getByRole("button", { name: /^Send test message/ }).click();
  await expect(page.getByText("The endpoint accepted the test message with the status 204.")).toBeVisible();
  expect(received[0]!.headers).toMatchObject({ "webhook-signature": expect.stringMatching(/^v1,/) });
  expect(JSON.parse(received[0]!.body)).toMatchObject({ data: { alert_name: NAME } });
  status = 500;
  await entry.getByRole("button", { name: /^Send test message/ }).click();
  await expect(page.getByText("The endpoint refused the test message with the status 500.")).toBeVisible();
  await entry.getByRole("button", { name: /^Pause/ }).click();
  await expect(entry).toContainText("Paused");
  await entry.getByRole("button", { name: /^Resume/ }).click();
  await expect(entry).toContainText("Not checked yet");
  await entry.getByRole("button", { name: `Delete the alert ${NAME}` }).click();
  await page.getByRole("button", { name: "Delete alert" }).click();
  await expect(page.getByText(`“${NAME}” is deleted.`)).toBeVisible();
  await expect(page.getByText("No alerts on this view.")).toBeVisible();

  await open("Two series", "series=signed_up&series=logged_in");
  await page.getByLabel("Threshold").fill("30");
  await page.getByLabel("URL of your endpoint").fill(endpoint);
  await page.getByRole("button", { name: "Create alert" }).click();
  await expect(page.getByText("This view can't have alerts")).toBeVisible();
  await page.getByLabel("URL of your endpoint").fill("http://169.254.169.254/latest");
  await page.getByRole("button", { name: "Create alert" }).click();
  await expect(page.getByText("Enter the https URL of a public endpoint")).toBeVisible();
  receiver.close();
});

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

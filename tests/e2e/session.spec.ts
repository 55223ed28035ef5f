import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";
import { expectOnConsole } from "./steps.ts";

const MINUTES = 60_000;

test("the browser stores no token in readable form", async ({ page, context, signIn }) => {
  await signIn();
  const html = await (await page.goto("/dashboard"))!.text();
  await sendTestEvent(page);
  const cookies = await context.cookies();
  const readable = await page.evaluate(() => JSON.stringify([document.cookie, localStorage, sessionStorage]));

  expect(cookies).toMatchObject([{ name: "acme-session", httpOnly: true, sameSite: "Lax" }]);
  expect(cookies[0]!.value.split(".")[0]).toBe(base64url({ alg: "dir", enc: "A256GCM" })); // encrypted
  expect(html + readable).not.toMatch(/eyJ/); // the start of every token
});

test("cross-site requests are rejected", async ({ page, baseURL, signIn }) => {
  await signIn();
  for (const path of ["token", "sign-in", "sign-out", "organization"]) {
    for (const headers of [{ Origin: "https://evil.example" }, { Origin: "null" }, {}]) {
      const response = await page.request.post(`/session/${path}`, { headers, data: { org_id: "org_acme" } });

      expect(response.status(), path).toBe(403);
    }
  }
  await page.goto("/dashboard");
  await expect(page).toHaveURL(`${baseURL}/o/org_acme/overview`);
});

test("tokens are issued only for the user's organisations", async ({ page, baseURL, signIn }) => {
  const tokenFor = (org_id: unknown) =>
    page.request.post("/session/token", { headers: { Origin: baseURL! }, data: { org_id } });
  expect((await tokenFor("org_acme")).status()).toBe(401);
  await signIn({ user_id: "user_001" });

  expect((await tokenFor("org_acme")).status()).toBe(200);
  expect(await (await tokenFor("org_globex")).json()).toEqual({ code: "not_a_member" });
  expect((await tokenFor(undefined)).status()).toBe(400);
});

test("tokens are renewed in the background before they expire", async ({ page, signIn, consoleErrors }) => {
  const tokens: string[] = [];
  page.on("response", async (response) => {
    if (response.url().endsWith("/session/token")) tokens.push((await response.json()).access_token);
  });
  await page.clock.install();
  await signIn();
  await page.goto("/dashboard");
  await sendTestEvent(page);
  await expect.poll(() => tokens.length).toBe(1);
  await page.clock.fastForward(13 * MINUTES);
  await sendTestEvent(page);
  await expect.poll(() => tokens.length).toBe(2);
  await page.clock.fastForward(20 * MINUTES); // expired, as after a night in standby
  await sendTestEvent(page);

  await expect.poll(() => new Set(tokens).size).toBe(3);
  // The page's clock is 33 minutes ahead, which the API notices.
  await expectOnConsole(consoleErrors, "clock is");
});

/** Send an event with the SDK, and wait until it is stored. */
async function sendTestEvent(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Send test event" }).click();
  await expect(page.getByText("Test event stored.")).toBeVisible();
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";

const MINUTES = 60_000;

test("the browser holds nothing that lives long", async ({ page, context, signIn }) => {
  await signIn();
  const html = await (await page.goto("/dashboard"))!.text();
  await sendTestEvent(page);
  const cookies = await context.cookies();
  const readable = await page.evaluate(() => JSON.stringify([document.cookie, localStorage, sessionStorage]));

  expect(cookies).toMatchObject([{ name: "acme-session", httpOnly: true, sameSite: "Lax" }]);
  expect(cookies[0]!.value.split(".")[0]).toBe(base64url({ alg: "dir", enc: "A256GCM" })); // encrypted
  expect(html + readable).not.toMatch(/eyJ/); // as every token begins
});

test("other sites get nothing done with the session", async ({ page, baseURL, signIn }) => {
  await signIn();
  for (const path of ["token", "sign-in", "sign-out", "organization"]) {
    for (const headers of [{ Origin: "https://evil.example" }, { Origin: "null" }, {}]) {
      const answer = await page.request.post(`/session/${path}`, { headers, data: { org_id: "org_acme" } });

      expect(answer.status(), path).toBe(403);
    }
  }
  await page.goto("/dashboard");
  await expect(page).toHaveURL(`${baseURL}/dashboard`);
});

test("tokens are given for one's own organisations only", async ({ page, baseURL, signIn }) => {
  const tokenFor = (org_id: unknown) =>
    page.request.post("/session/token", { headers: { Origin: baseURL! }, data: { org_id } });
  expect((await tokenFor("org_acme")).status()).toBe(401);
  await signIn({ user_id: "user_001" });

  expect((await tokenFor("org_acme")).status()).toBe(200);
  expect(await (await tokenFor("org_globex")).json()).toEqual({ code: "not_a_member" });
  expect((await tokenFor(undefined)).status()).toBe(400);
});

test("tokens are renewed ahead of their end, and nothing waits for it", async ({ page, signIn }) => {
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
  await page.clock.fastForward(20 * MINUTES); // past the end: as after a night's sleep
  await sendTestEvent(page);

  await expect.poll(() => new Set(tokens).size).toBe(3);
});

/** Through the SDK; resolves when the event is stored. */
async function sendTestEvent(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Send a test event" }).click();
  await expect(page.getByText("The test event is stored.")).toBeVisible();
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

import { createHash } from "node:crypto";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import type { BrowserContext } from "@playwright/test";
import { EncryptJWT, jwtDecrypt } from "jose";
import { expect, test } from "./fixtures.ts";
import { SESSION_SECRET } from "./servers.ts";

const KEY = createHash("sha256").update(SESSION_SECRET).digest();
const NAME = "acme-session";
const ROUTES = ["token", "sign-in", "sign-out", "organization"];
const BODY_BYTES_MAX = 16 * 1024;

test("a session cookie replayed after sign-out is rejected", async ({ page, context, baseURL, signIn }) => {
  await signIn();
  const copy = await context.cookies();
  await page.goto("/dashboard");
  await page.getByRole("button", { name: /account of/ }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await context.addCookies(copy);

  await page.goto("/dashboard");
  await expect(page).toHaveURL(/\/sign-in/);
  const headers = { Origin: baseURL! };
  const token = await page.request.post("/session/token", { headers, data: { org_id: "org_acme" } });
  expect(token.status()).toBe(401);
  const opened = await page.request.post("/session/organization", { headers, maxRedirects: 0 });
  expect(opened.headers()["location"]).toBe(`${baseURL}/sign-in?error=session_ended`);
});

test("a session ends at its absolute end, even if it is in use", async ({ page, context, signIn }) => {
  await signIn();
  const session = await decryptSession(context);
  expect(Number(session["ends_at"])).toBeGreaterThan(Date.now() / 1000 + 6 * 24 * 3600);

  await encryptSession(context, { ...session, ends_at: now() - 1 });
  await page.goto("/dashboard");
  await expect(page).toHaveURL(/\/sign-in/);

  const { ends_at: _, ...withoutEnd } = session; // a cookie of an earlier version
  await encryptSession(context, withoutEnd);
  await page.goto("/dashboard");
  await expect(page).toHaveURL(/\/sign-in/);
});

test("a renewal and another organisation keep the session's absolute end", async ({
  page,
  context,
  baseURL,
  signIn,
}) => {
  await signIn();
  const session = await decryptSession(context);
  const ends_at = now() + 600;
  await encryptSession(context, { ...session, ends_at, id_token_ends_at: now() });
  await page.goto("/dashboard");
  await expect(page.getByRole("banner")).toContainText("Acme Corporation");
  const renewed = await decryptSession(context);
  expect(renewed).toMatchObject({ ends_at, session_id: session["session_id"] });
  expect(renewed["id_token_ends_at"]).toBeGreaterThan(ends_at); // the token itself may be equal, if it was issued in the same second

  await page.request.post("/session/organization", { headers: { Origin: baseURL! } });
  expect(await decryptSession(context)).toMatchObject({ ends_at, session_id: session["session_id"] });
  const [cookie] = await context.cookies();
  expect(cookie!.expires).toBeLessThanOrEqual(ends_at + 1);
});

test("large bodies are rejected before they are buffered", async ({ baseURL }) => {
  for (const route of ROUTES) {
    const declared = await post(baseURL!, route, "Content-Length: 125829120", "");
    expect(declared, route).toMatch(/^HTTP\/1\.1 413 /);
    const piece = "a".repeat(BODY_BYTES_MAX + 1);
    const chunk = `${piece.length.toString(16)}\r\n${piece}\r\n`; // the body never ends
    expect(await post(baseURL!, route, "Transfer-Encoding: chunked", chunk), route).toMatch(
      /^HTTP\/1\.1 413 /,
    );
  }
});

test("an invalid body is rejected with 400, not with a server error", async ({ page, baseURL }) => {
  const headers = { Origin: baseURL!, "Content-Type": "application/json" };
  for (const data of ["null", "{", "[]", '"org_acme"', "\u{fffd}\0"]) {
    const response = await page.request.post("/session/token", { headers, data: Buffer.from(data) });

    expect(response.status(), data).toBe(400);
  }
});

/** Send the start of a request, and return everything that the server sends until it closes the connection. */
async function post(origin: string, route: string, header: string, body: string): Promise<string> {
  const { hostname, port, host } = new URL(origin);
  const socket = connect(Number(port), hostname);
  const head = [`POST /session/${route} HTTP/1.1`, `Host: ${host}`, `Origin: ${origin}`, "Connection: close"];
  socket.write(`${[...head, header].join("\r\n")}\r\n\r\n${body}`);
  return text(socket);
}

async function decryptSession(context: BrowserContext): Promise<Record<string, unknown>> {
  const [cookie] = await context.cookies();
  const { payload } = await jwtDecrypt<{ value: Record<string, unknown> }>(cookie!.value, KEY);
  return payload.value;
}

async function encryptSession(context: BrowserContext, value: object): Promise<void> {
  const encrypted = await new EncryptJWT({ value })
    .setProtectedHeader({ alg: "dir", enc: "A256GCM" })
    .setAudience(NAME)
    .setExpirationTime("1 h")
    .encrypt(KEY);
  const [cookie] = await context.cookies();
  await context.addCookies([{ ...cookie!, value: encrypted }]);
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}

import { ADMIN_OF_ALL, expect, signIn as signInAt, test } from "./fixtures.ts";

const FIRST_LOAD_BYTES_MAX = 200 * 1024;

test("pages load only scripts with the response's nonce, and nothing from other hosts", async ({
  page,
  apiUrl,
  baseURL,
  signIn,
}) => {
  const hosts = new Set<string>();
  page.on("request", (request) => hosts.add(new URL(request.url()).origin));
  await signIn();
  const policies = [];
  for (const path of ["/sign-in", "/dashboard", "/settings", "/settings/members"]) {
    const headers = (await page.goto(path))!.headers();
    policies.push(headers["content-security-policy"]!);

    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "same-origin",
      "cross-origin-opener-policy": "same-origin",
    });
    expect(headers).not.toHaveProperty("x-powered-by");
  }
  await page.waitForLoadState("networkidle");

  const nonces = policies.map(
    (policy) => /script-src 'self' 'nonce-([^']+)' 'strict-dynamic';/.exec(policy)![1],
  );
  expect(new Set(nonces).size).toBe(policies.length);
  expect(policies[0]).toContain("frame-ancestors 'none'");
  expect(policies[0]).not.toContain("unsafe-eval");
  expect([...hosts].filter((host) => host !== baseURL && host !== apiUrl)).toEqual([]);
});

test("the content security policy blocks injected scripts", async ({ page, consoleErrors }) => {
  await page.goto("/sign-in");
  await page.evaluate(() => {
    const markup = `<img src="data:," onerror="window.injected = 1"><a href="javascript:window.injected = 2">go</a>`;
    document.body.insertAdjacentHTML("beforeend", markup);
  });
  await page.getByRole("link", { name: "go" }).click();
  await expect.poll(() => consoleErrors.length).toBe(2);

  expect(await page.evaluate(() => "injected" in window)).toBe(false);
  for (const message of consoleErrors.splice(0)) expect(message).toContain("Content Security Policy");
});

test("the first load of a page has at most 200 KiB of JavaScript", async ({ browser, baseURL }) => {
  for (const path of ["overview", "explore", "funnels?step=logged_in&step=report_exported", "users"]) {
    const page = await browser.newPage({ baseURL: baseURL! }); // with an empty cache
    await signInAt(page, baseURL!, ADMIN_OF_ALL);
    const sizes: Promise<number>[] = [];
    page.on("requestfinished", (request) => {
      if (request.resourceType() !== "script") return;
      sizes.push(request.sizes().then(({ responseBodySize }) => responseBodySize));
    });
    await page.goto(`/o/org_acme/${path}`, { waitUntil: "load" });
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    console.info(`first-load JavaScript of ${path}: ${bytes} of ${FIRST_LOAD_BYTES_MAX} bytes`);
    await page.close();

    expect(bytes, path).toBeGreaterThan(0);
    expect(bytes, path).toBeLessThanOrEqual(FIRST_LOAD_BYTES_MAX);
  }
});

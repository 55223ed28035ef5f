// The data explorer in Chromium, with data that @azure/cosmos wrote.
import { AxeBuilder } from "@axe-core/playwright";
import type { Container, Database } from "@azure/cosmos";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { EXECUTABLE, hasChromium } from "../../../src/sdk/tests/support/chromium.ts";
import { endpoint, key, newContainer, newDatabase } from "./account.ts";

const EXPLORER = `${endpoint}_explorer`;
const HOSTILE = `<img src=x onerror="document.title='owned'"><script>document.title="owned"</script>`;
const COUNT = 60;

const isOwn = (url: string) => url.startsWith(endpoint) || url.startsWith("data:");

describe.skipIf(!hasChromium)("The data explorer", () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let database: Database;
  let container: Container;
  const problems: string[] = [];

  beforeAll(async () => {
    database = await newDatabase();
    container = await newContainer(database, "notes");
    await container.items.executeBulkOperations(
      Array.from({ length: COUNT }, (_, n) => ({
        operationType: "Create",
        partitionKey: `p${n}`,
        resourceBody: { id: `note ${String(n).padStart(2, "0")}`, pk: `p${n}`, n, text: HOSTILE },
      })),
    );
    await container.items.create({ id: HOSTILE.replaceAll("/", ""), pk: HOSTILE });
    const args = ["--no-sandbox", "--disable-dev-shm-usage"];
    browser = await chromium.launch({ executablePath: EXECUTABLE, args });
  });

  afterAll(async () => {
    await browser.close();
    await database.delete();
  });

  beforeEach(async () => {
    // Chromium doesn't read Node's list of trusted certificates.
    context = await browser.newContext({ ignoreHTTPSErrors: true });
    page = await context.newPage();
    problems.length = 0;
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("request", (request) => isOwn(request.url()) || problems.push(request.url()));
  });

  afterEach(async () => {
    await context.close();
    if (problems.length > 0) throw new Error(problems.join("\n"));
  });

  async function openNotes(): Promise<void> {
    await page.goto(EXPLORER);
    await page.getByText(database.id).click();
    await page.getByRole("button", { name: "notes" }).click();
    await page.getByText("Page 1, 50 results").waitFor();
  }

  async function run(query: string): Promise<void> {
    await page.getByLabel("Query").fill(query);
    await page.getByLabel("Query").press("Control+Enter");
  }

  const results = () => page.getByRole("list", { name: "Results" }).getByRole("button");

  test("keeps the query and its result when the databases are listed again", async () => {
    await openNotes();
    await run("SELECT * FROM c WHERE c.n = 7");
    await page.getByText("Page 1, 1 result").waitFor();
    await Promise.all([
      page.waitForResponse((response) => new URL(response.url()).pathname === "/dbs"),
      page.getByRole("button", { name: "Refresh" }).click(),
    ]);
    await page.getByText(database.id, { exact: true }).waitFor();

    expect(await page.getByLabel("Query").inputValue()).toBe("SELECT * FROM c WHERE c.n = 7");
    expect(await results().count()).toBe(1);
  });

  test("lists the items of a container in pages", async () => {
    await openNotes();
    const first = await results().allTextContents();
    await page.getByRole("button", { name: "Next page" }).click();
    await page.getByText("Page 2, 11 results").waitFor();
    const second = await results().allTextContents();
    await page.getByRole("button", { name: "Previous page" }).click();
    await page.getByText("Page 1, 50 results").waitFor();

    expect(new Set([...first, ...second])).toHaveLength(COUNT + 1);
    expect(await results().allTextContents()).toEqual(first);
  });

  test("shows the results of a query of all partitions with its charge, and an item as JSON", async () => {
    await openNotes();
    await run("SELECT * FROM c WHERE c.n >= 40 ORDER BY c.n DESC");
    await page.getByText(/^Page 1, 20 results, [\d.]+ RU$/).waitFor();
    await results().first().press("Enter");

    expect(JSON.parse(await page.getByLabel("Item as JSON").innerText())).toMatchObject({
      id: "note 59",
      n: 59,
    });
    await run("SELECT VALUE COUNT(1) FROM c");
    await page.getByText("Page 1, 1 result,").waitFor();
    expect(await results().allTextContents()).toEqual([`${COUNT + 1}`]);
  });

  test("shows the service's error for an invalid query", async () => {
    await openNotes();
    await run("SELECT * FRM c");
    await page
      .getByRole("alert")
      .getByText(/^400 BadRequest/)
      .waitFor();

    expect(await results().count()).toBe(0);
  });

  test("does not execute the contents of items", async () => {
    await openNotes();
    await run("SELECT * FROM c WHERE NOT IS_DEFINED(c.n)");
    await page.getByText("Page 1, 1 result,").waitFor();
    await results().first().click();

    expect(await page.getByLabel("Item as JSON").innerText()).toContain("onerror");
    expect(await page.locator("main img, main script").count()).toBe(0);
    expect(await page.title()).not.toContain("owned");
  });

  test("opens the container that the page's address names", async () => {
    await page.goto(`${EXPLORER}#${database.id}/notes`);
    await page.getByText("Page 1, 50 results").waitFor();
    await page.goto(`${EXPLORER}#${database.id}/missing`);

    await page.getByRole("alert").getByText('There is no container "missing"').waitFor();
  });

  test("accepts only the account's key if the server has a key of its own", async () => {
    await page.route("**/page.js", async (route) => {
      const response = await route.fetch();
      const body = (await response.text()).replace("connect(WELL_KNOWN_KEY)", 'connect("b3RoZXI=")');
      await route.fulfill({ response, body });
    });
    await page.goto(EXPLORER);
    await page.getByRole("alert").getByText(/^401/).waitFor();
    await page.getByLabel("Account key").fill(key);
    await page.getByRole("button", { name: "Connect" }).click();

    await page.getByText(database.id).waitFor();
    expect(await page.getByLabel("Account key").isVisible()).toBe(false);
  });

  test.each(["light", "dark"] as const)("is accessible and fits a phone in the %s theme", async (theme) => {
    await page.emulateMedia({ colorScheme: theme });
    await page.setViewportSize({ width: 390, height: 800 });
    await openNotes();
    await results().first().click();
    const { violations } = await new AxeBuilder({ page }).analyze();
    const width = await page.evaluate(() => document.documentElement.scrollWidth);

    expect(violations.map((one) => one.id)).toEqual([]);
    expect(width).toBe(390);
  });
});

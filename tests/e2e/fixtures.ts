// The fixtures of the dashboard's tests. The tests import `test` and `expect` from this module.
import { expect, test as base, type BrowserContext, type Locator, type Page } from "@playwright/test";
import { FaultProxy } from "../../src/sdk/tests/support/fault-proxy.ts";
import { freePort } from "../../src/sdk/tests/support/processes.ts";
import { OidcProvider } from "./oidc-provider.ts";
import { type Environment, OwnServers, serveDashboard } from "./servers.ts";

export { expect };

interface Fixtures {
  /** The URL of the shared API. */
  readonly apiUrl: string;
  /** The folder with the sample data that the API has loaded. */
  readonly sampleFolder: string;
  /** Starts a separate API and dashboard, which stop after the test. */
  readonly ownServers: (environment?: Environment) => Promise<OwnServers>;
  /** Starts a dashboard whose server reaches this API through a proxy, and which stops after the test. */
  readonly dashboardBefore: (apiUrl: string, environment?: Environment) => Promise<FaultyDashboard>;
  /** A dashboard whose server reaches the shared API through a proxy. */
  readonly faultyDashboard: FaultyDashboard;
  /** An identity provider. Servers use it if they get its settings. */
  readonly provider: OidcProvider;
  /** Signs the page's browser in, by default as an admin of all three organisations. */
  readonly signIn: (who?: Partial<Who>) => Promise<void>;
  /** Errors and warnings on the console. They fail the test unless the test removes them. */
  readonly consoleErrors: string[];
}

interface FaultyDashboard {
  readonly url: string;
  readonly proxy: FaultProxy;
}

interface Who {
  readonly user_id: string;
  readonly org_id: string;
}

/** Widths in pixels with colour schemes: a part of them, or all with `E2E_FULL`, as in `make test-full`. */
export const APPEARANCES = process.env["E2E_FULL"]
  ? ([360, 2560] as const).flatMap((width) =>
      (["light", "dark"] as const).map((scheme) => [width, scheme] as const),
    )
  : ([
      [360, "dark"],
      [2560, "light"],
    ] as const);
export const ADMIN_OF_ALL: Who = { user_id: "user_002", org_id: "org_acme" };

export const test = base.extend<Fixtures>({
  baseURL: async ({}, use) => use(setting("E2E_DASHBOARD_URL")),
  apiUrl: async ({}, use) => use(setting("E2E_API_URL")),
  sampleFolder: async ({}, use) => use(`${setting("E2E_SAMPLE_DATA")}/sample`),
  ownServers: async ({ context }, use) => {
    const own: OwnServers[] = [];
    await use(async (environment = {}) => {
      const servers = await OwnServers.running({ sampleData: setting("E2E_SAMPLE_DATA"), environment });
      own.push(servers);
      return servers;
    });
    await closePages(context);
    await Promise.all(own.map((servers) => servers.stop()));
  },
  dashboardBefore: async ({ context }, use) => {
    const stops: (() => Promise<void>)[] = [];
    await use(async (apiUrl, environment = {}) => {
      const proxy = await FaultProxy.before(apiUrl);
      stops.push(() => proxy.close());
      const dashboard = await serveDashboard({ port: await freePort(), apiUrl: proxy.url, environment });
      stops.push(() => dashboard.stop());
      return { url: dashboard.url, proxy };
    });
    await closePages(context);
    for (const stop of stops.toReversed()) await stop();
  },
  faultyDashboard: async ({ apiUrl, dashboardBefore }, use) => use(await dashboardBefore(apiUrl)),
  provider: async ({}, use) => {
    const provider = await OidcProvider.running();
    await use(provider);
    await provider.close();
  },
  signIn: async ({ page, baseURL }, use) => use((who) => signIn(page, baseURL!, { ...ADMIN_OF_ALL, ...who })),
  consoleErrors: [
    async ({ context }, use) => {
      const consoleErrors: string[] = [];
      context.on("weberror", (error) => consoleErrors.push(error.error().message));
      context.on("console", (message) => {
        const text = `${message.text()} ${message.location().url}`;
        const isProbe = text.includes("/healthz"); // may fail at any time
        const isFault = message.type() === "error" || message.type() === "warning";
        if (isFault && !isProbe) consoleErrors.push(text);
      });
      await use(consoleErrors);
      if (consoleErrors.length) throw new Error(`Errors on the console:\n${consoleErrors.join("\n")}`);
    },
    { auto: true },
  ],
});

/** Close the pages before their servers stop, because pages report failed requests on the console. */
export async function closePages(context: BrowserContext): Promise<void> {
  await Promise.all(context.pages().map((page) => page.close()));
}

/** Sign the page's browser in, with the same request as the sign-in page. */
export async function signIn(page: Page, origin: string, who: Who): Promise<void> {
  const response = await page.request.post(`${origin}/session/sign-in`, {
    form: { ...who },
    headers: { Origin: origin },
    maxRedirects: 0,
  });
  if (response.status() !== 303)
    throw new Error(`Sign-in as ${who.user_id} failed with ${response.status()}.`);
}

/** Delay the server actions of the page, so that a user can start the next one before the first one has ended. */
export async function delayActions(page: Page): Promise<void> {
  await page.route("**", async (route) => {
    if (route.request().method() === "POST") await new Promise((resolve) => setTimeout(resolve, 1_000));
    await route.continue();
  });
}

/** Switch this tab to another organisation. */
export async function switchTo(page: Page, organization: string): Promise<void> {
  await page.getByRole("button", { name: /^Organisation/ }).click();
  await page.getByRole("link", { name: organization }).click();
  await expect(
    page.getByRole("button", { name: `Organisation: ${organization}. Switch organisation` }),
  ).toBeVisible();
}

/** Scroll the table into view, and return it. */
export async function scrollToTable(page: Page): Promise<Locator> {
  const table = page.getByRole("grid");
  await table.evaluate((grid) => grid.scrollIntoView({ block: "center" }));
  return table;
}

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the tests with \`make e2e\`.`);
  return value;
}

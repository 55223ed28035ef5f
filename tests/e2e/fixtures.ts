// What every test of the dashboard starts from. Import `test` and `expect` from here.
import { test as base, type Locator, type Page } from "@playwright/test";
import { OwnServers } from "./servers.ts";

export { expect } from "@playwright/test";

interface Fixtures {
  /** Where the run's API is. */
  readonly apiUrl: string;
  /** The files of the sample data that the API holds. */
  readonly sampleFolder: string;
  /** Starts an API and a dashboard of the test's own; they end with it. */
  readonly ownServers: (environment?: Readonly<Record<string, string>>) => Promise<OwnServers>;
  /** Signs the page's browser in. Without a choice: someone who is admin of all three organisations. */
  readonly signIn: (who?: Partial<Who>) => Promise<void>;
  /** What pages complained about on the console. It fails the test unless the test takes it out. */
  readonly complaints: string[];
}

interface Who {
  readonly user_id: string;
  readonly org_id: string;
}

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
    await Promise.all(context.pages().map((page) => page.close())); // before what they talk to
    await Promise.all(own.map((servers) => servers.stop()));
  },
  signIn: async ({ page, baseURL }, use) => use((who) => signIn(page, baseURL!, { ...ADMIN_OF_ALL, ...who })),
  complaints: [
    async ({ context }, use) => {
      const complaints: string[] = [];
      context.on("weberror", (error) => complaints.push(error.error().message));
      context.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
      });
      await use(complaints);
      if (complaints.length) throw new Error(`The console has complaints:\n${complaints.join("\n")}`);
    },
    { auto: true },
  ],
});

/** Signs a page's browser in at a dashboard, as its sign-in page does. */
export async function signIn(page: Page, origin: string, who: Who): Promise<void> {
  const answer = await page.request.post(`${origin}/session/sign-in`, {
    form: { ...who },
    headers: { Origin: origin },
    maxRedirects: 0,
  });
  if (answer.status() !== 303) throw new Error(`Signing in as ${who.user_id}: ${answer.status()}`);
}

/** Brings the table into view, and gives it. */
export async function lookAtTable(page: Page): Promise<Locator> {
  const table = page.getByRole("grid");
  await table.evaluate((grid) => grid.scrollIntoView({ block: "center" }));
  return table;
}

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the tests with \`make e2e\`.`);
  return value;
}

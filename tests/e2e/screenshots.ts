import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";

const FOLDER = "docs/screenshots";
const DESKTOP = { width: 1360, height: 850 };
const OVERVIEW = "/o/org_acme/overview";
const PAGE_VIEWS = JSON.stringify({ field: "event_type", operator: "is", values: ["page_viewed"] });
const PHONE = { width: 390, height: 844 };

interface Screenshot {
  readonly path?: string;
  readonly size?: typeof DESKTOP;
  readonly colorScheme?: "light" | "dark";
  readonly isFullPage?: boolean;
  /** Runs before the screenshot is taken. */
  readonly prepare?: (page: Page) => Promise<void>;
}

const SCREENSHOTS: Readonly<Record<string, Screenshot>> = {
  "dashboard-light": {},
  "dashboard-dark": { colorScheme: "dark" },
  "dashboard-phone": { size: PHONE },
  filtered: {
    path: `${OVERVIEW}?filter=${encodeURIComponent(PAGE_VIEWS)}&range=90d&measure=users`,
    colorScheme: "dark",
    prepare: async (page) => {
      await expect(page.getByRole("grid").getByRole("row").nth(3)).toBeVisible();
    },
  },
  event: {
    path: "/o/org_acme/live",
    prepare: async (page) => {
      await page.getByRole("grid").getByRole("row").nth(3).click();
      await expect(
        page.getByRole("region", { name: "Events of the user" }).getByRole("listitem").first(),
      ).toBeVisible();
    },
  },
  "live-phone": { path: "/o/org_acme/live", size: PHONE },
  empty: { path: `${OVERVIEW}?start_date=2020-01-01&end_date=2020-01-31` },
  explore: { path: "/o/org_acme/explore?series=feature_used&by=property:feature" },
  funnel: {
    path: "/o/org_acme/funnels?step=logged_in&step=search_performed&step=report_exported&by=property:device",
  },
  retention: { path: "/o/org_acme/retention", colorScheme: "dark" },
  user: { path: "/o/org_acme/users?id=user_002" },
  embed: { path: "/embed" },
  components: { path: "/embed", isFullPage: true },
};

for (const [name, screenshot] of Object.entries(SCREENSHOTS)) {
  const { path = OVERVIEW, size = DESKTOP, colorScheme = "light", isFullPage, prepare } = screenshot;
  test(name, async ({ page, signIn }) => {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme });
    await signIn();
    await page.goto(path);
    await prepare?.(page);
    await take(page, name, isFullPage);
  });
}

test("sign-in", async ({ page }) => {
  await page.setViewportSize(DESKTOP);
  await page.goto("/sign-in");
  await take(page, "sign-in");
});

async function take(page: Page, name: string, isFullPage = false): Promise<void> {
  await page.waitForLoadState("networkidle");
  await expect(page.locator("[aria-busy=true]:not([data-busy] *)")).toHaveCount(0);
  await page.screenshot({
    path: `${FOLDER}/${name}.jpg`,
    type: "jpeg",
    quality: 75,
    animations: "disabled",
    fullPage: isFullPage,
  });
}

// The components of the React package in every state, as /embed shows them.
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures.ts";

const STATES = [
  "Light",
  "Dark",
  "Narrow",
  "Loading",
  "Empty",
  "Error",
  "Long names and large numbers",
  "Right to left",
];
const APPEARANCES = [
  [390, "light"],
  [1440, "dark"],
] as const;

test.beforeEach(async ({ signIn }) => signIn());

for (const [width, colorScheme] of APPEARANCES) {
  test(`every state fits ${width} pixels, is accessible and has the same size, ${colorScheme}`, async ({
    page,
  }) => {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    await open(page);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    const heights = await Promise.all(
      ["Light", "Loading", "Empty", "Error"].map(async (state) => {
        const bodies = section(page, state).locator(".acme-insight-body");
        return bodies.evaluateAll((all: readonly HTMLElement[]) => all.map((body) => body.offsetHeight));
      }),
    );

    expect(overflow).toBeLessThanOrEqual(0);
    for (const state of heights) expect(state).toEqual(heights[0]);
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  });
}

test("the chart shows the values at the pointer and at the keyboard's position", async ({ page }) => {
  await open(page);
  const slider = section(page, "Light").getByRole("slider");
  const tooltip = section(page, "Light").locator(".acme-metric-tooltip");
  await expect(tooltip).toHaveCount(0);
  await slider.hover({ position: { x: 5, y: 50 } });
  await expect(tooltip).toContainText("120"); // the first value
  await expect(slider).toHaveAttribute("aria-valuetext", /: signed_up 120, before 90$/);
  await slider.press("End");
  await expect(tooltip).toContainText("(incomplete)"); // today
  await slider.press("ArrowLeft");
  await expect(tooltip).not.toContainText("(incomplete)");
  await slider.press("Escape");

  await expect(tooltip).toHaveCount(0);
});

async function open(page: Page): Promise<void> {
  await page.goto("/embed");
  for (const state of STATES) await expect(section(page, state)).toBeVisible();
  await expect(section(page, "Error").getByRole("button", { name: "Try again" })).toHaveCount(4);
  await expect(section(page, "Empty").getByText("No data in this period.")).toHaveCount(4);
  await expect(page.getByRole("grid").getByRole("row").nth(5)).toBeVisible();
}

function section(page: Page, state: string) {
  return page.getByRole("region", { name: state, exact: true });
}

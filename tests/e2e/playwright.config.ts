import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";

const EXECUTABLE = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

if (!existsSync(EXECUTABLE)) {
  const message = `The dashboard's tests need Chromium at ${EXECUTABLE} (or in CHROMIUM).`;
  if (process.env["CI"]) throw new Error(message);
  console.warn(`${message} They are skipped.`);
  process.exit(0);
}

export default defineConfig({
  testDir: ".",
  outputDir: "../../build/e2e",
  globalSetup: "./global-setup.ts",
  forbidOnly: Boolean(process.env["CI"]),
  fullyParallel: true,
  workers: 2,
  // The time limits are long, so that a loaded machine does not fail a test.
  timeout: 180_000,
  expect: { timeout: 30_000 },
  reporter: "line",
  use: {
    screenshot: "only-on-failure",
    launchOptions: { executablePath: EXECUTABLE, args: ["--no-sandbox", "--disable-dev-shm-usage"] },
  },
});

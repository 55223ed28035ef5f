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
  timeout: 60_000, // some start servers of their own, on machines with other work
  expect: { timeout: 10_000 },
  reporter: "line",
  use: {
    screenshot: "only-on-failure",
    launchOptions: { executablePath: EXECUTABLE, args: ["--no-sandbox", "--disable-dev-shm-usage"] },
  },
});

import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { DOM_ORIGIN } from "./src/sdk/tests/api-server.ts";

// Tests run on the sources of both packages, against the real API that tests/api-server.ts starts.
const resolve = { conditions: ["source"] };
const ssr = { resolve: { conditions: ["source", "node"] } };
/** The dashboard's own modules, as in its `tsconfig.json`. */
const APP = { "@": fileURLToPath(new URL("src/app", import.meta.url)) };
/** The time limits of projects whose tests install packages. */
const timeouts: Readonly<Record<string, number>> = { packed: 120_000, matrix: 300_000 };
const project = (name: string, environment: string) => ({
  resolve,
  ssr,
  test: {
    name,
    environment,
    fileParallelism: name !== "browser" && name !== "matrix", // its pages share the one origin that the API allows
    environmentOptions: { happyDOM: { url: DOM_ORIGIN } },
    include: [`src/sdk/tests/${name}/**/*.test.{ts,tsx}`],
    setupFiles: environment === "happy-dom" ? ["src/sdk/tests/support/patience.ts"] : [],
    testTimeout: timeouts[name] ?? 180_000,
    hookTimeout: timeouts[name] ?? 120_000,
    // The limit is long, so that a slow machine does not fail a test.
    expect: { poll: { timeout: 30_000 } },
  },
});

export default defineConfig({
  test: {
    globalSetup: ["src/sdk/tests/api-server.ts"],
    maxWorkers: 2,
    projects: [
      project("core", "node"),
      project("browser", "node"),
      project("platforms", "node"),
      project("packed", "node"),
      project("matrix", "node"),
      project("react", "happy-dom"),
      {
        test: {
          name: "emulator",
          include: ["tests/emulator/javascript/*.test.ts"],
          globalSetup: ["tests/emulator/javascript/server.ts"],
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
      { resolve: { alias: APP }, test: { name: "app", include: ["src/app/tests/**/*.test.{ts,tsx}"] } },
    ],
  },
});

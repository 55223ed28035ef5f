import { defineConfig } from "vitest/config";
import { DOM_ORIGIN } from "./src/sdk/tests/api-server.ts";

// Tests run on the sources of both packages, against the real API that tests/api-server.ts starts.
const resolve = { conditions: ["source"] };
const ssr = { resolve: { conditions: ["source", "node"] } };
const project = (name: string, environment: string) => ({
  resolve,
  ssr,
  test: {
    name,
    environment,
    fileParallelism: name !== "browser", // its pages share the one origin that the API allows
    environmentOptions: { happyDOM: { url: DOM_ORIGIN } },
    include: [`src/sdk/tests/${name}/**/*.test.{ts,tsx}`],
    testTimeout: 20_000,
    hookTimeout: 60_000,
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
      project("react", "happy-dom"),
      { test: { name: "app", include: ["src/app/tests/**/*.test.ts"] } },
    ],
  },
});

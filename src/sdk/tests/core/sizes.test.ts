import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { describe, expect, test } from "vitest";

const SDK = fileURLToPath(new URL("../..", import.meta.url));

/** Return the size of this code when it is bundled, minified and compressed. */
async function bytesOf(name: string, code: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: SDK, loader: "ts" },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    conditions: ["source"],
    external: ["react", "react/jsx-runtime", ...(name.startsWith("core") ? [] : ["@acme/analytics-sdk*"])],
    write: false,
  });
  return gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
}

describe("The gzipped size in bytes is within the budget for", () => {
  test.each([
    ["core, tracking only", `export * from "@acme/analytics-sdk/track"`, 4 * 1024],
    ["core", `export * from "@acme/analytics-sdk"`, 6 * 1024],
    [
      "core and browser",
      `export * from "@acme/analytics-sdk"; export * from "@acme/analytics-sdk/browser"`,
      8 * 1024,
    ],
    [
      "core and insights",
      `export * from "@acme/analytics-sdk"; export * from "@acme/analytics-sdk/insights"`,
      6.5 * 1024,
    ],
    ["hooks", `export * from "@acme/analytics-react"`, 4 * 1024],
    ["table and its hooks", `export * from "@acme/analytics-react/table"`, 6 * 1024],
    ["card and its hook", `export * from "@acme/analytics-react/metric-card"`, 4.5 * 1024],
    ["chart and its hook", `export * from "@acme/analytics-react/metric-chart"`, 7.5 * 1024],
    ["funnel and its hook", `export * from "@acme/analytics-react/funnel-chart"`, 4.5 * 1024],
    ["retention grid and its hook", `export * from "@acme/analytics-react/retention-grid"`, 5 * 1024],
  ])("%s", async (name, code, most) => {
    const bytes = await bytesOf(name, code);
    console.info(`${name}: ${bytes} of ${most}`);

    expect(bytes).toBeLessThanOrEqual(most);
  });
});

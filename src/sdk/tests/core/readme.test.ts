import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { describe, expect, inject, test, vi } from "vitest";

const SDK = fileURLToPath(new URL("../..", import.meta.url));

const examplesOf = (readme: string, language: string): string[] =>
  [
    ...readFileSync(`${SDK}/${readme}`, "utf8").matchAll(
      new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "gms"),
    ),
  ].map(([, code]) => code!.replaceAll("http://localhost:8000", inject("apiUrl")));

async function run(code: string): Promise<unknown> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: SDK, loader: "ts" },
    bundle: true,
    format: "esm",
    conditions: ["source"],
    write: false,
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0]!.text).toString("base64")}`);
}

describe("The examples of the core's README run", () => {
  test("one after the other", async () => {
    const log = vi.spyOn(console, "log").mockImplementation(() => {});
    const warn = vi.spyOn(console, "warn");
    vi.stubGlobal("location", { pathname: "/" });
    const examples = examplesOf("core/README.md", "ts");
    for (const example of examples) await run(example);
    vi.unstubAllGlobals();

    expect(examples).toHaveLength(6);
    expect(log.mock.calls.length).toBeGreaterThan(1);
    expect(warn).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });
});

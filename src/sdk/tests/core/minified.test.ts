import { build } from "esbuild";
import { expect, test } from "vitest";
import { printedBy, ROOT } from "../support/node.ts";

test("Errors keep their names in a minified bundle", async () => {
  const { outputFiles } = await build({
    stdin: {
      contents: `
        import * as sdk from "@acme/analytics-sdk";
        const errors = Object.entries(sdk).filter(([, value]) => value?.prototype instanceof Error);
        console.log(JSON.stringify(errors.map(([name, { prototype }]) => [name, prototype.name])));
      `,
      resolveDir: `${ROOT}/src/sdk`,
    },
    bundle: true,
    minify: true,
    format: "esm",
    conditions: ["source"],
    write: false,
  });
  const names = (await printedBy(outputFiles[0]!.text)) as [string, string][];

  expect(names.length).toBeGreaterThanOrEqual(14);
  for (const [exported, name] of names) expect(name).toBe(exported);
});

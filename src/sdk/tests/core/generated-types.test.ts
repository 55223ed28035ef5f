import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, inject, test } from "vitest";

const CORE = fileURLToPath(new URL("../../core", import.meta.url));

test("The generated types match the API (run `make sdk-types` to update them)", async () => {
  const document = await (await fetch(`${inject("apiUrl")}/openapi.json`)).text();
  const generated = execFileSync("node", [`${CORE}/scripts/generate-types.mjs`], {
    input: document,
  }).toString();

  expect(readFileSync(`${CORE}/src/api.gen.ts`, "utf8")).toBe(generated);
});

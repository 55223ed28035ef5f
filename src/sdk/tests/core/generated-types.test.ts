import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, inject, test } from "vitest";

const CORE = fileURLToPath(new URL("../../core", import.meta.url));

test.each(["api", "insights", "administration", "views", "alerts"])(
  "%s.gen.ts matches the API (run `make sdk-types` to update it)",
  async (part) => {
    const document = await (await fetch(`${inject("apiUrl")}/openapi.json`)).text();
    const generated = execFileSync("node", [`${CORE}/scripts/generate-types.mjs`, part], {
      input: document,
    }).toString();

    expect(readFileSync(`${CORE}/src/${part}.gen.ts`, "utf8")).toBe(generated);
  },
);

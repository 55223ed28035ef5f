import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ROOT } from "../support/node.ts";

const folder = mkdtempSync(join(tmpdir(), "imports-"));
cpSync(`${ROOT}/.oxlintrc.json`, join(folder, ".oxlintrc.json"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Return whether the linter accepts this import in this module. */
function accepts(module: string, imported: string): boolean {
  const path = join(folder, module);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `export { thing } from "${imported}";\n`);
  const { status, stdout } = spawnSync(process.execPath, [`${ROOT}/node_modules/oxlint/bin/oxlint`, path], {
    cwd: folder,
    encoding: "utf8",
  });
  expect(stdout.includes("no-restricted-imports")).toBe(status !== 0);
  return status === 0;
}

test.each([
  ["src/sdk/core/src/module.ts", "react"],
  ["src/sdk/react/src/module.ts", "../../core/src/index.ts"],
  ["src/sdk/react/src/module.ts", "@acme/analytics-sdk/track"],
  ["src/sdk/react/src/module.ts", "@acme/other"],
  ["src/app/ui/module.ts", "../../sdk/core/src/index.ts"],
  ["src/app/ui/module.ts", "@acme/other"],
])("%s can't import %s", (module, imported) => {
  expect(accepts(module, imported)).toBe(false);
});

test.each([
  ["src/sdk/react/src/module.ts", "@acme/analytics-sdk"],
  ["src/sdk/react/src/module.ts", "@acme/analytics-sdk/browser"],
  ["src/app/ui/module.ts", "@acme/analytics-sdk"],
  ["src/app/ui/module.ts", "@acme/analytics-react/table"],
])("%s can import %s", (module, imported) => {
  expect(accepts(module, imported)).toBe(true);
});

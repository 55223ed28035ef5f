import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { packed } from "../support/packed.ts";

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));

function run(command: string, ...args: string[]): string {
  return execFileSync(`${ROOT}/node_modules/.bin/${command}`, args, { cwd: ROOT, encoding: "utf8" });
}

describe.each(["core", "react"])("The published package of src/sdk/%s", (folder) => {
  test("satisfies publint", () => {
    expect(run("publint", "--strict", "--pack", "false", `src/sdk/${folder}`)).toContain("All good!");
  });

  test("has types that resolve to the same entry points as its code, under node10, node16 and bundler", () => {
    const target = mkdtempSync(`${tmpdir()}/attw-`);
    onTestFinished(() => rmSync(target, { recursive: true }));
    const tarball = packed(target).find((path) =>
      basename(path).includes(folder === "core" ? "sdk" : folder),
    )!;
    const report = run("attw", tarball, "--no-emoji", "--no-color");

    const { exports } = JSON.parse(readFileSync(`${ROOT}/src/sdk/${folder}/package.json`, "utf8")) as {
      exports: object;
    };
    const entries = Object.keys(exports).length;
    expect(report.match(/OK \(ESM\)/g)).toHaveLength(entries); // a problem fails the command
    expect(report.match(/OK \(CJS\)/g)).toHaveLength(entries);
    expect(report.match(/ OK /g)).toHaveLength(4 * entries);
  });
});

test("The core package has no dependencies, and imports only its own modules", () => {
  const core = `${ROOT}/src/sdk/core`;
  const { dependencies } = JSON.parse(readFileSync(`${core}/package.json`, "utf8")) as {
    dependencies?: object;
  };
  const imports = readdirSync(`${core}/src`, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) => readFileSync(`${core}/src/${name}`, "utf8").match(/ from "[^"]+"/g) ?? []);

  expect(dependencies).toBeUndefined();
  expect(imports.length).toBeGreaterThan(20);
  expect(imports.filter((line) => !line.startsWith(' from "./') && !line.startsWith(' from "../'))).toEqual(
    [],
  );
});

test("All files compile, including types.test-d.ts, which marks the lines that must not", () => {
  expect(run("tsc", "--noEmit", "-p", "src/sdk")).toBe("");
});

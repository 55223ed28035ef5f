import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { ROOT } from "../support/node.ts";
import { packed } from "../support/packed.ts";

let folder: string;
let tarballs: string[];

beforeAll(() => {
  folder = mkdtempSync(`${tmpdir()}/packed-`);
  tarballs = packed(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

const tar = (...args: string[]): string => execFileSync("tar", args, { encoding: "utf8" });
const textOf = (tarball: string, path: string): string => tar("-xOzf", tarball, `package/${path}`);

describe.each([0, 1])("Tarball %i", (index) => {
  test("contains the licence and no test files", () => {
    const files = tar("-tzf", tarballs[index]!).trim().split("\n");

    expect(textOf(tarballs[index]!, "LICENSE")).toBe(readFileSync(`${ROOT}/LICENSE`, "utf8"));
    expect(
      files.filter((path) => /test|tsconfig|tsbuildinfo/.test(path) && !path.includes("/testing")),
    ).toEqual([]);
  });

  test("has no relative links in its README", () => {
    const links = [...textOf(tarballs[index]!, "README.md").matchAll(/\]\(([^)]+)\)/g)].map(
      ([, link]) => link!,
    );

    expect(links.filter((link) => !/^(https:|#)/.test(link))).toEqual([]);
  });

  test("names its repository, and is published as public", () => {
    const manifest = JSON.parse(textOf(tarballs[index]!, "package.json")) as Record<string, object>;

    expect(manifest["publishConfig"]).toEqual({ access: "public" });
    expect(manifest["repository"]).toMatchObject({
      type: "git",
      directory: expect.stringMatching(/^src\/sdk\//),
    });
  });
});

test("Packing in a clone that contains no build builds the packages first", () => {
  const clone = mkdtempSync(`${tmpdir()}/clone-`);
  onTestFinished(() => rmSync(clone, { recursive: true }));
  for (const name of ["package.json", "tsconfig.base.json", "src/sdk/build.mjs"])
    cpSync(`${ROOT}/${name}`, `${clone}/${name}`);
  for (const name of ["core", "react"]) {
    const filter = (path: string): boolean => !/\/(dist|node_modules)$/.test(path);
    cpSync(`${ROOT}/src/sdk/${name}`, `${clone}/src/sdk/${name}`, { recursive: true, filter });
  }
  symlinkSync(`${ROOT}/node_modules`, `${clone}/node_modules`);
  const folders = ["--workspace", "src/sdk/core", "--workspace", "src/sdk/react"];
  execFileSync("npm", ["pack", "--silent", ...folders], { cwd: clone, stdio: "ignore" });

  for (const name of ["sdk", "react"])
    expect(tar("-tzf", `${clone}/acme-analytics-${name}-0.1.0.tgz`)).toContain("package/dist/index.js");
});

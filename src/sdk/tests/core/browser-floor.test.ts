import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";
import { describe, expect, test } from "vitest";
import { floorOf, isParsedBy, missingApis } from "../support/browser-floor.ts";
import { ROOT } from "../support/node.ts";

const PACKAGES = ["src/sdk/core", "src/sdk/react"];
/** APIs that the code uses only after it has checked that they, or `CompressionStream`, exist. */
const OPTIONAL = new Set([
  "CompressionStream",
  "ReadableStream.pipeThrough",
  "HTMLElement.hidePopover",
  "HTMLElement.popover",
  "HTMLElement.showPopover",
]);

describe.each(PACKAGES)("%s in the oldest supported browsers", (folder) => {
  const floor = floorOf(folder);

  test("has no syntax that they can't parse", async () => {
    const modules = readdirSync(`${ROOT}/${folder}/dist`, { recursive: true, encoding: "utf8" });
    const code = modules.filter((name) => name.endsWith(".js"));
    const unknown = [];
    for (const name of code) {
      const text = readFileSync(`${ROOT}/${folder}/dist/${name}`, "utf8");
      if (!(await isParsedBy(floor, text))) unknown.push(name);
    }

    expect(code.length).toBeGreaterThan(10);
    expect(unknown).toEqual([]);
  });

  test("uses no API that they lack, unless it checks first", () => {
    const own = (path: string): boolean => path.includes(`/${folder}/src/`);
    const missing = missingApis(`${folder}/tsconfig.build.json`, own, floor);

    expect(missing.filter((api) => !OPTIONAL.has(api))).toEqual([]);
  });
});

test("The dashboard's browser code uses no API that the oldest supported browsers lack", async () => {
  const files = await browserFilesOf("src/app");
  const missing = missingApis("src/app/tsconfig.json", (path) => files.has(path), floorOf("src/app"));

  expect(files.size).toBeGreaterThan(20);
  expect(missing.filter((api) => !OPTIONAL.has(api))).toEqual([]);
});

test("The check finds an API that Chrome 80 lacks", () => {
  const chrome80 = { chrome: 80, edge: 80, firefox: 80, safari: 13 };
  const own = (path: string): boolean => path.includes("/core/src/");

  expect(missingApis("src/sdk/core/tsconfig.build.json", own, chrome80)).toContain("AbortSignal.reason");
});

test("The check finds syntax that the oldest supported browsers can't parse", async () => {
  expect(await isParsedBy(floorOf("src/sdk/core"), "class A { static { A.b = 1; } }")).toBe(false);
});

/** Return whether the module has server actions. Browsers receive only the names of its functions. */
const isAction = (path: string): boolean => readFileSync(path, "utf8").startsWith('"use server"');

const withoutActions: Plugin = {
  name: "without-actions",
  setup(bundler) {
    bundler.onLoad({ filter: /\.ts$/ }, ({ path }) =>
      isAction(path) ? { contents: "module.exports = {}" } : undefined,
    );
  },
};

/** Return the modules that client components import, directly or indirectly, and the components' own modules. */
async function browserFilesOf(folder: string): Promise<Set<string>> {
  const sources = ["app", "features", "ui"].flatMap((part) =>
    readdirSync(`${ROOT}/${folder}/${part}`, { recursive: true, encoding: "utf8" })
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => `${ROOT}/${folder}/${part}/${name}`),
  );
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: sources.filter((path) => readFileSync(path, "utf8").startsWith('"use client"')),
    bundle: true,
    packages: "external",
    tsconfig: `${ROOT}/${folder}/tsconfig.json`,
    jsx: "automatic",
    loader: { ".css": "empty" },
    outdir: "/nowhere",
    plugins: [withoutActions],
    metafile: true,
    write: false,
  });
  const files = Object.keys(metafile.inputs).map((path) => join(ROOT, path));
  return new Set(files.filter((path) => !isAction(path)));
}

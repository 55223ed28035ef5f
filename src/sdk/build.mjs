// Build the package in the current folder: ES modules in dist, CommonJS modules in dist/cjs, and types for both.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const TSC = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
const AS_COMMONJS = [
  "--module",
  "commonjs",
  "--moduleResolution",
  "bundler",
  "--verbatimModuleSyntax",
  "false",
];

rmSync("dist", { recursive: true, force: true });
compile("dist");
compile("dist/cjs", ...AS_COMMONJS);
writeFileSync("dist/cjs/package.json", '{ "type": "commonjs" }\n');

function compile(folder, ...flags) {
  execFileSync(process.execPath, [TSC, "-p", "tsconfig.build.json", "--outDir", folder, ...flags], {
    stdio: "inherit",
  });
  for (const name of readdirSync(folder, { recursive: true }).filter((path) => path.endsWith(".d.ts"))) {
    const path = join(folder, name);
    // tsc doesn't rewrite the extensions of imports in declaration files.
    writeFileSync(
      path,
      readFileSync(path, "utf8").replaceAll(/((?:from|import)\s*\(?"\.{1,2}\/[^"]*)\.tsx?"/g, '$1.js"'),
    );
  }
}

import { describe, expect, test } from "vitest";
import { complaintsOf } from "../support/typescript-project.ts";

const MODES = ["node10", "node16", "bundler"];
/** The oldest version that the README states, the last one with "node10", and what came between and after. */
const VERSIONS: readonly (readonly [string, readonly string[]])[] = [
  ["5.0.4", MODES],
  ["5.4.5", MODES],
  ["5.9.3", MODES],
  ["6", ["node16", "bundler"]],
];

describe.each(VERSIONS)("With TypeScript %s", (version, modes) => {
  test.each(modes)("the packed packages have types that compile under %s", (mode) => {
    expect(complaintsOf(`typescript@${version}`, mode)).toBe("");
  });
});

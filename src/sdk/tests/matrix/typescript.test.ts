import { describe, expect, test } from "vitest";
import { errorsOf } from "../support/typescript-project.ts";

const MODES = ["node10", "node16", "bundler"];
/** The versions and module resolutions: the oldest version in the README, two later ones, and one without `node10`. */
const VERSIONS: readonly (readonly [string, readonly string[]])[] = [
  ["5.0.4", MODES],
  ["5.4.5", MODES],
  ["5.9.3", MODES],
  ["6", ["node16", "bundler"]],
];

describe.each(VERSIONS)("With TypeScript %s", (version, modes) => {
  test.each(modes)("the types of the packed packages compile under %s", (mode) => {
    expect(errorsOf(`typescript@${version}`, mode)).toBe("");
  });
});

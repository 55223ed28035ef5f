import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { REACT_SDK, SDK } from "../../features/onboarding/sdk-package";

test("the dashboard and the READMEs install the packages with the same commands", () => {
  for (const [folder, { pack, install }] of [
    ["core", SDK],
    ["react", REACT_SDK],
  ] as const) {
    const readme = readFileSync(new URL(`../../../sdk/${folder}/README.md`, import.meta.url), "utf8");
    for (const command of [...pack.split(" && "), install]) expect(readme).toContain(command);
  }
});

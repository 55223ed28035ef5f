import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { INSTALL, PACK } from "../../features/dashboard/sdk-package";

test("the dashboard and the SDK's README install the package with the same commands", () => {
  const readme = readFileSync(new URL("../../../sdk/core/README.md", import.meta.url), "utf8");

  for (const command of [...PACK.split(" && "), INSTALL]) expect(readme).toContain(command);
});

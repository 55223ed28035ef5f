import { expect, test } from "vitest";
import { isCompatible } from "../../features/navigation/version-banner";

test.each([
  ["2.7.1", "2.0.0", true],
  ["0.3.9", "0.3.0", true],
  ["0.3.9", "0.4.0", false],
  ["0.9.0", "1.0.0", false],
  ["1.2.0", "9.0.0", false],
])("whether a dashboard %s is compatible with an API %s: %j", (dashboard, api, expected) => {
  expect(isCompatible(dashboard, api)).toBe(expected);
});

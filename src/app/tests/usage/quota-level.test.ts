import { expect, test } from "vitest";
import { quotaLevel } from "../../features/usage/quota-level";

test.each([
  [0, "low"],
  [79, "low"],
  [80, "high"],
  [99, "high"],
  [100, "used up"],
  [198, "used up"], // the last request may exceed the quota
])("the level of %i events of 100, with warnings from 80 %, is %s", (used, level) => {
  expect(quotaLevel({ quota: 100, warn_at: 80, used })).toBe(level);
});

test("without a quota, and with an empty quota, the level needs no division", () => {
  expect(quotaLevel({ quota: null, warn_at: null, used: 1_000_000 })).toBe("low");
  expect(quotaLevel({ quota: 0, warn_at: 80, used: 0 })).toBe("used up");
});

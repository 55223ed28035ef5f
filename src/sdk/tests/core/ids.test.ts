import { expect, test, vi } from "vitest";
import { uuidv7 } from "../../core/src/util/ids.ts";

test("A thousand ids are all different, and need at most ten calls of getRandomValues", () => {
  const draw = vi.spyOn(crypto, "getRandomValues");
  const ids = Array.from({ length: 1_000 }, () => uuidv7(0));
  const draws = draw.mock.calls.length;
  draw.mockRestore();

  expect(new Set(ids.map((id) => id.slice(19))).size).toBe(1_000);
  expect(draws).toBeGreaterThan(0);
  expect(draws).toBeLessThanOrEqual(10);
});

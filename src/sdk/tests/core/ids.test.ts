import { expect, test, vi } from "vitest";
import { uuidv7 } from "../../core/src/util/ids.ts";

test("A thousand ids of one millisecond are different and in order, and draw random numbers at most ten times", () => {
  const draw = vi.spyOn(crypto, "getRandomValues");
  const ids = Array.from({ length: 1_000 }, () => uuidv7(0));
  const draws = draw.mock.calls.length;
  draw.mockRestore();

  expect(new Set(ids.map((id) => id.slice(19))).size).toBe(1_000);
  expect(ids.toSorted()).toEqual(ids);
  expect(draws).toBeGreaterThan(0);
  expect(draws).toBeLessThanOrEqual(10);
});

test("The id of a batch doesn't change the time of later ids", () => {
  const now = Date.parse("2126-03-01T12:00:00Z"); // later than the ids of other tests
  uuidv7(now - 1);
  uuidv7(0);
  const id = uuidv7(now);

  expect(parseInt(id.slice(0, 13).replace("-", ""), 16)).toBe(now);
});

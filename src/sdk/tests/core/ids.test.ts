import { expect, test, vi } from "vitest";
import { uuidv7 } from "../../core/src/util/ids.ts";

test("Ten thousand ids of one millisecond are different and in order, and draw random numbers at most ten times", () => {
  const draw = vi.spyOn(crypto, "getRandomValues");
  const ids = Array.from({ length: 10_000 }, () => uuidv7(0));
  const draws = draw.mock.calls.length;
  draw.mockRestore();

  expect(new Set(ids).size).toBe(10_000);
  for (const id of ids) expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/);
  expect(ids.toSorted()).toEqual(ids);
  expect(draws).toBeGreaterThan(0);
  expect(draws).toBeLessThanOrEqual(10);
});

test("Ids of different milliseconds have different random digits", () => {
  const now = Date.parse("2126-02-01T12:00:00Z");
  const digits = Array.from({ length: 100 }, (_, ms) => uuidv7(now + ms).slice(20));

  expect(new Set(digits).size).toBe(100);
});

test("Processes have different random digits in the same millisecond", async () => {
  const now = Date.parse("2126-02-02T12:00:00Z");
  const ids = [uuidv7(now)];
  vi.resetModules(); // a module that is loaded again has the state of a new process
  ids.push((await import("../../core/src/util/ids.ts")).uuidv7(now));

  expect(new Set(ids.map((id) => id.slice(0, 18))).size).toBe(1);
  expect(new Set(ids.map((id) => id.slice(19))).size).toBe(2);
});

test("The id of a batch doesn't change the time of later ids", () => {
  const now = Date.parse("2126-03-01T12:00:00Z"); // later than the ids of other tests
  uuidv7(now - 1);
  uuidv7(0);
  const id = uuidv7(now);

  expect(parseInt(id.slice(0, 13).replace("-", ""), 16)).toBe(now);
});

import { expect, test } from "vitest";
import { daysOf, shownMonths } from "../../features/usage/months";

const month = (name: string, events: number) => ({ month: name, events, daily: [] });

test("months are shown newest first, from the month with the first event", () => {
  const months = [month("2026-01", 0), month("2026-02", 5), month("2026-03", 0), month("2026-04", 2)];

  expect(shownMonths(months).map((one) => one.month)).toEqual(["2026-04", "2026-03", "2026-02"]);
  expect(shownMonths([month("2026-01", 0), month("2026-02", 0)]).map((one) => one.month)).toEqual([
    "2026-02",
  ]);
});

test("every day of a past month has a value, and the current month ends today", () => {
  const february = { month: "2026-02", events: 3, daily: [{ date: "2026-02-28", events: 3 }] };
  const past = daysOf(february, "2026-03-15");

  expect(past).toHaveLength(28);
  expect(past[0]).toEqual({ date: "2026-02-01", value: 0 });
  expect(past.at(-1)).toEqual({ date: "2026-02-28", value: 3 });
  expect(daysOf(february, "2026-02-02")).toHaveLength(2);
});

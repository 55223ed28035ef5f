import { describe, expect, test } from "vitest";
import { isWeekend, startOfMonth, weekdayOf } from "../../features/dashboard/days";
import { datesFrom, type Preset, PRESETS, queryOfDates, rangeOf } from "../../features/filters/ranges";

const TODAY = "2026-11-25"; // a Wednesday
const read = (search: string, usual?: Preset) => datesFrom(new URLSearchParams(search), TODAY, usual);

test.each([
  ["today", "2026-11-25", "2026-11-25"],
  ["yesterday", "2026-11-24", "2026-11-24"],
  ["7d", "2026-11-19", "2026-11-25"],
  ["30d", "2026-10-27", "2026-11-25"],
  ["90d", "2026-08-28", "2026-11-25"],
  ["month", "2026-11-01", "2026-11-25"],
  ["last_month", "2026-10-01", "2026-10-31"],
  ["12m", "2025-11-26", "2026-11-25"],
  ["3y", "2023-11-26", "2026-11-25"],
] as const)("the preset %s is the range from %s to %s", (preset, start_date, end_date) => {
  expect(rangeOf(preset, TODAY)).toEqual({ start_date, end_date });
});

describe("dates that are written to an address are read back unchanged", () => {
  for (const preset of Object.keys(PRESETS) as Preset[])
    test(`range=${preset}`, () => {
      const dates = { preset, range: rangeOf(preset, TODAY) };
      expect(read(String(new URLSearchParams(queryOfDates(dates))))).toEqual({ ...dates, problems: [] });
    });

  test("fixed dates", () => {
    const dates = { preset: undefined, range: { start_date: "2024-02-01", end_date: "2026-02-28" } };
    expect(read(String(new URLSearchParams(queryOfDates(dates))))).toEqual({ ...dates, problems: [] });
  });
});

test("the usual range of a page isn't in its address", () => {
  expect(queryOfDates(read("", "90d"), "90d")).toEqual([]);
  expect(queryOfDates(read("", "90d"))).toEqual([["range", "90d"]]);
});

describe("an invalid range is reported and replaced by the usual one", () => {
  for (const [search, message] of [
    ["range=12", "“12” isn't a range."],
    ["range=toString", "“toString” isn't a range."],
    ["start_date=2026-02-30", "“2026-02-30” isn't a valid date."],
    ["end_date=yesterday", "“yesterday” isn't a valid date."],
    [
      "start_date=2026-03-01&end_date=2026-02-01",
      "The start date 2026-03-01 is after the end date 2026-02-01.",
    ],
    ["start_date=2020-01-01", "The range is longer than three years."],
  ] as const)
    test(`?${search}`, () => {
      const { problems, ...dates } = read(search);

      expect(problems).toEqual([`${message} Showing: last 30 days.`]);
      expect(dates).toEqual({ preset: "30d", range: rangeOf("30d", TODAY) });
    });
});

test("either end of a range is optional", () => {
  expect(read("start_date=2026-11-01").range).toEqual({ start_date: "2026-11-01", end_date: TODAY });
  expect(read("end_date=2026-03-31").range).toEqual({ start_date: "2026-03-02", end_date: "2026-03-31" });
});

test("weeks begin on Monday, and months have their own lengths", () => {
  expect(["2026-11-23", "2026-11-28", "2026-11-29"].map(weekdayOf)).toEqual([0, 5, 6]);
  expect(["2026-11-27", "2026-11-28", "2026-11-29"].map(isWeekend)).toEqual([false, true, true]);
  expect([startOfMonth("2026-03-31", -1), startOfMonth("2026-12-01", 1)]).toEqual([
    "2026-02-01",
    "2027-01-01",
  ]);
});

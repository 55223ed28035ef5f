import { expect, test } from "vitest";
import { comparedRange, coverageOf, daysOfBucket, usualInterval } from "../../features/filters/intervals";

const days = (start_date: string, end_date: string) => ({ start_date, end_date });

test("longer ranges have longer intervals", () => {
  const spans = ["2026-11-25", "2026-11-24", "2026-08-01", "2026-03-01", "2025-12-01"];
  expect(spans.map((start) => usualInterval(days(start, "2026-11-25")))).toEqual([
    "hour",
    "day",
    "day",
    "week",
    "month",
  ]);
});

test("a range is compared with the same weekdays, the period before or the year before", () => {
  const range = days("2026-10-27", "2026-11-25"); // 30 days from a Tuesday
  expect(comparedRange(range, "previous_weeks")).toEqual(days("2026-09-22", "2026-10-21"));
  expect(comparedRange(range, "previous_period")).toEqual(days("2026-09-27", "2026-10-26"));
  expect(comparedRange(range, "previous_year")).toEqual(days("2025-10-27", "2025-11-25"));
  expect(comparedRange(days("2024-02-29", "2024-02-29"), "previous_year")).toEqual(
    days("2023-03-01", "2023-03-01"),
  );
});

test("the current interval is unfinished, and later ones are in the future", () => {
  const hours = ["2026-11-25T00:00:00+00:00", "2026-11-25T01:00:00+00:00", "2026-11-25T02:00:00+00:00"];
  expect(
    coverageOf(hours, "hour", days("2026-11-25", "2026-11-25"), "2026-11-25T01:30Z", "2026-11-25"),
  ).toEqual({
    isFirstPartial: false,
    partial: 1,
    isUnfinished: true,
  });
});

test("of an hour that the clocks repeat, the second one is in the future during the first one", () => {
  const hours = ["2026-10-25T01:00:00+02:00", "2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00"];
  const range = days("2026-10-25", "2026-10-25");

  expect(coverageOf(hours, "hour", range, "2026-10-25T00:30Z", "2026-10-25").partial).toBe(1);
  expect(coverageOf(hours, "hour", range, "2026-10-25T01:30Z", "2026-10-25").partial).toBe(2);
});

test("a week that is partly outside the range is incomplete at both ends", () => {
  const weeks = ["2026-11-02T00:00:00+00:00", "2026-11-09T00:00:00+00:00", "2026-11-16T00:00:00+00:00"];
  expect(
    coverageOf(weeks, "week", days("2026-11-04", "2026-11-18"), "2026-12-01T00:00Z", "2026-12-01"),
  ).toEqual({
    isFirstPartial: true,
    partial: 2,
    isUnfinished: false,
  });
  expect(
    coverageOf(weeks, "week", days("2026-11-02", "2026-11-22"), "2026-12-01T00:00Z", "2026-12-01"),
  ).toEqual({
    isFirstPartial: false,
    partial: undefined,
    isUnfinished: false,
  });
});

test("the days of an interval end with the range", () => {
  const range = days("2026-11-04", "2026-11-18");
  expect(daysOfBucket("2026-11-02T00:00:00", "week", range)).toEqual(days("2026-11-04", "2026-11-08"));
  expect(daysOfBucket("2026-11-16T00:00:00", "week", range)).toEqual(days("2026-11-16", "2026-11-18"));
  expect(daysOfBucket("2026-02-01", "month", days("2026-01-01", "2026-12-31"))).toEqual(
    days("2026-02-01", "2026-02-28"),
  );
});

import { expect, test } from "vitest";
import {
  formatChange,
  formatDay,
  formatHeadline,
  formatRange,
  formatShare,
  formatZone,
} from "../../features/dashboard/format";
import { changeOf, eventsOf, headlineOf } from "../../features/dashboard/metrics";

const daily = (...values: (number | null)[]) =>
  values.map((value, day) => ({ date: `2026-11-0${day + 1}`, value }));

test.each([
  [120, 100, "+20%"],
  [50, 100, "-50%"],
  [1, 3, "-66.7%"],
  [0, 0, "0%"],
  [5, 0, "New"],
  [-50, -100, "+50%"],
  [null, 3, "–"],
  [3, null, "–"],
])("the change to %j from %j is shown as %s", (current, previous, text) => {
  expect(formatChange(changeOf(current, previous))).toBe(text);
});

test("a gauge shows its latest reading, other metrics their total", () => {
  expect(headlineOf({ name: "nps", kind: "gauge", total: null, daily: daily(20, 30, null) })).toBe(30);
  expect(headlineOf({ name: "nps", kind: "gauge", total: null, daily: daily(null) })).toBeNull();
  expect(headlineOf({ name: "active_users", kind: "unique", total: 4, daily: daily(3, 3) })).toBe(4);
});

test("the counts of selected event types are added", () => {
  const counted = (name: string, ...values: number[]) =>
    ({ name, kind: "count", total: values.reduce((a, b) => a + b), daily: daily(...values) }) as const;

  expect(eventsOf([counted("events.a", 1, 2), counted("events.b", 10, 0)])).toEqual(counted("events", 11, 2));
  expect(eventsOf([])).toBeUndefined();
});

test("numbers and dates are formatted", () => {
  expect([0, 1234.567, 136_900.89, 12_500_000, null].map(formatHeadline)).toEqual([
    "0",
    "1,234.57",
    "136,901",
    "12.5M",
    "–",
  ]);
  expect(formatShare(1, 0)).toBe("0%");
  expect(formatDay("2026-11-25")).toBe("Wed, 25 Nov 2026");
  expect(formatRange({ start_date: "2026-10-27", end_date: "2026-11-25" })).toBe("27 Oct – 25 Nov 2026");
  expect(formatRange({ start_date: "2025-12-30", end_date: "2026-01-02" })).toBe("30 Dec 2025 – 2 Jan 2026");
  expect([0, -60, 210, -345].map(formatZone)).toEqual(["UTC", "UTC+1", "UTC−3:30", "UTC+5:45"]);
});

import { describe, expect, test } from "vitest";
import { periodBefore } from "../../features/dashboard/days";
import { type Filters, filtersFrom, searchOf, toggled } from "../../features/dashboard/filters";

const TODAY = "2026-11-25";
const read = (search: string) => filtersFrom(new URLSearchParams(search), TODAY);

test("the default range is the last 30 days, including today", () => {
  expect(read("")).toEqual({
    filters: {
      event_types: [],
      user_id: undefined,
      range: { start_date: "2026-10-27", end_date: TODAY },
      days: 30,
      metric: "events",
    },
    problems: [],
  });
});

describe("filters that are written to a URL are read back unchanged", () => {
  const filters = read("").filters;
  const range = { start_date: "2026-02-01", end_date: "2026-02-28" };
  for (const shown of [
    filters,
    { ...filters, event_types: ["page_view", "a&b=c ä"], user_id: "user 7+8", metric: "active_users" },
    { ...filters, range, days: undefined },
    { ...filters, days: 7 as const, range: { start_date: "2026-11-19", end_date: TODAY } },
  ] satisfies Filters[])
    test(`?${searchOf(shown)}`, () => {
      expect(read(searchOf(shown))).toEqual({ filters: shown, problems: [] });
    });
});

describe("an invalid range is reported and replaced by 30 days", () => {
  for (const [search, message] of [
    ["days=12", "“12” isn't a supported range. Choose 7, 30 or 90 days."],
    ["start_date=2026-02-30", "“2026-02-30” isn't a valid date."],
    ["end_date=yesterday", "“yesterday” isn't a valid date."],
    [
      "start_date=2026-03-01&end_date=2026-02-01",
      "The start date 2026-03-01 is after the end date 2026-02-01.",
    ],
    ["start_date=2020-01-01", "The range is longer than 366 days."],
  ] as const)
    test(`?${search}`, () => {
      const { filters, problems } = read(search);

      expect(problems).toEqual([`${message} Showing the last 30 days.`]);
      expect(filters).toEqual(read("").filters);
    });
});

test("either end of a range is optional", () => {
  expect(read("start_date=2026-11-01").filters.range).toEqual({ start_date: "2026-11-01", end_date: TODAY });
  expect(read("end_date=2026-03-31").filters.range).toEqual({
    start_date: "2026-03-02",
    end_date: "2026-03-31",
  });
});

test("the first 20 event types in the URL are used, and a longer list is reported", () => {
  const { filters, problems } = read(Array.from({ length: 300 }, (_, n) => `event_type=type_${n}`).join("&"));

  expect(filters.event_types).toHaveLength(20);
  expect(problems).toHaveLength(1);
});

test("an event type is selected and deselected", () => {
  expect(toggled(["a"], "b")).toEqual(["a", "b"]);
  expect(toggled(["a", "b"], "a")).toEqual(["b"]);
});

test("the previous period has the same length and ends the day before", () => {
  expect(periodBefore({ start_date: "2026-03-01", end_date: "2026-03-31" })).toEqual({
    start_date: "2026-01-29",
    end_date: "2026-02-28",
  });
  expect(periodBefore({ start_date: "2026-01-01", end_date: "2026-01-01" })).toEqual({
    start_date: "2025-12-31",
    end_date: "2025-12-31",
  });
});

import { describe, expect, test } from "vitest";
import { periodBefore } from "../lib/days";
import { type Filters, filtersFrom, searchOf, toggled } from "../lib/filters";

const TODAY = "2026-11-25";
const read = (search: string) => filtersFrom(new URLSearchParams(search), TODAY);

test("without anything the last 30 days are shown, today included", () => {
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

describe("an address shows again what it was made of", () => {
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

describe("what makes no sense falls back to 30 days, and is told", () => {
  for (const [search, says] of [
    ["days=12", "“12” is none of 7, 30, 90 days"],
    ["start_date=2026-02-30", "“2026-02-30” is no date"],
    ["end_date=yesterday", "“yesterday” is no date"],
    ["start_date=2026-03-01&end_date=2026-02-01", "2026-03-01 is after 2026-02-01"],
    ["start_date=2020-01-01", "More than 366 days can't be shown at once"],
  ] as const)
    test(`?${search}`, () => {
      const { filters, problems } = read(search);

      expect(problems).toEqual([`${says}: the last 30 days are shown.`]);
      expect(filters).toEqual(read("").filters);
    });
});

test("one end of a range is enough", () => {
  expect(read("start_date=2026-11-01").filters.range).toEqual({ start_date: "2026-11-01", end_date: TODAY });
  expect(read("end_date=2026-03-31").filters.range).toEqual({
    start_date: "2026-03-02",
    end_date: "2026-03-31",
  });
});

test("an address with hundreds of event types shows the first 20, and says so", () => {
  const { filters, problems } = read(Array.from({ length: 300 }, (_, n) => `event_type=type_${n}`).join("&"));

  expect(filters.event_types).toHaveLength(20);
  expect(problems).toHaveLength(1);
});

test("an event type is chosen, and chosen no more", () => {
  expect(toggled(["a"], "b")).toEqual(["a", "b"]);
  expect(toggled(["a", "b"], "a")).toEqual(["b"]);
});

test("the period before is as long, and ends the day before", () => {
  expect(periodBefore({ start_date: "2026-03-01", end_date: "2026-03-31" })).toEqual({
    start_date: "2026-01-29",
    end_date: "2026-02-28",
  });
  expect(periodBefore({ start_date: "2026-01-01", end_date: "2026-01-01" })).toEqual({
    start_date: "2025-12-31",
    end_date: "2025-12-31",
  });
});

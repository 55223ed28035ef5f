import { expect, test } from "vitest";
import type { Condition } from "../../features/insights/conditions";
import { eventFiltersOf } from "../../features/live/event-filters";

const range = { start_date: "2026-11-01", end_date: "2026-11-25" };
const filtersOf = (...filters: Condition[]) =>
  eventFiltersOf({ dates: { range, preset: undefined }, filters, timezone: "UTC" }, 20);

const TYPES = { field: "event_type", operator: "is", values: ["paid", "a,b"] } as const;
const USER = { field: "user_id", operator: "is", values: ["user_1"] } as const;

test("a list of events is filtered by types and by one user", () => {
  expect(filtersOf()).toEqual({ ...range, limit: 20, event_type: undefined, user_id: undefined });
  expect(filtersOf(TYPES, USER)).toEqual({
    ...range,
    limit: 20,
    event_type: ["paid", "a,b"],
    user_id: "user_1",
  });
});

test("a condition that isn't complete yet is left out", () => {
  expect(filtersOf(USER, { property: "plan", operator: "is", values: [] })?.user_id).toBe("user_1");
});

test("a list isn't shown for filters that it can't apply", () => {
  for (const filter of [
    { property: "plan", operator: "is", values: ["pro"] },
    { field: "user_id", operator: "contains", values: ["a"] },
    { field: "user_id", operator: "is", values: ["a", "b"] },
    { field: "event_type", operator: "is_not", values: ["paid"] },
  ] satisfies Condition[])
    expect(filtersOf(filter)).toBeUndefined();
  expect(filtersOf(USER, { ...USER, values: ["user_2"] })).toBeUndefined();
});

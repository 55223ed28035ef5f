import { expect, test } from "vitest";
import { trendsFrom } from "../../features/insights/trends-question";
import { conditionOf, toggledCondition, usersQueryOf } from "../../features/users/behind";

const FILTER = { property: "plan", operator: "is", values: ["pro"] } as const;
const BY = { property: "device" } as const;
const DAYS = { start_date: "2026-11-02", end_date: "2026-11-08" };

test("the users behind a number are asked for with its days, filters and group", () => {
  const search = new URLSearchParams({ filter: JSON.stringify(FILTER), series: "paid" });
  const question = trendsFrom(search, { day: "2026-11-25", timezone: "UTC" }).state;
  const group = { by: BY, value: { kind: "value", value: "phone" } } as const;

  expect(usersQueryOf(question, question.series[0]!, DAYS, group)).toEqual({
    ...DAYS,
    filters: [FILTER],
    series: [{ event_type: "paid", filters: [{ ...BY, operator: "is", values: ["phone"] }] }],
    breakdown: { field: "user_id", limit: 100 },
    interval: "month",
  });
  expect(
    usersQueryOf(question, question.series[0]!, DAYS, { by: BY, value: { kind: "other", value: "other" } }),
  ).toBeUndefined();
});

test("the group of events without a value has a condition, and that of all other values hasn't", () => {
  expect(conditionOf(BY, { kind: "none", value: "(none)" })).toEqual({
    ...BY,
    operator: "is_not_set",
    values: [],
  });
  expect(conditionOf(BY, { kind: "other", value: "other" })).toBeUndefined();
  expect(conditionOf(BY, { kind: "value", value: '["a"]' })).toBeUndefined();
});

test("a condition is added and removed", () => {
  const other = { field: "user_id", operator: "is", values: ["a"] } as const;
  const added = toggledCondition([other], FILTER);

  expect(added).toEqual([other, FILTER]);
  expect(toggledCondition(added, { ...FILTER, values: ["pro"] })).toEqual([other]);
});

import { describe, expect, test } from "vitest";
import {
  funnelFrom,
  type FunnelQuestion,
  queryOfFunnel,
  searchOfFunnel,
} from "../../features/insights/funnel-question";
import {
  queryOfRetention,
  retentionFrom,
  searchOfRetention,
} from "../../features/insights/retention-question";
import {
  queryOfTrends,
  searchOfTrends,
  titleOf,
  trendsFrom,
  type TrendsQuestion,
} from "../../features/insights/trends-question";

const DAY = "2026-11-25";
const TODAY = { day: DAY, timezone: "UTC" };
const read = (search: string) => trendsFrom(new URLSearchParams(search), TODAY);

const PLAN = { property: "plan", operator: "is", values: ["pro", "a,b&c=ä"] } as const;

describe("questions that are written to an address are read back unchanged", () => {
  const usual = read("").state;
  for (const question of [
    usual,
    {
      ...usual,
      series: [
        { event_type: "paid", filters: [] },
        { filters: [PLAN], aggregate: "unique_users" },
      ],
    },
    { ...usual, series: [{ event_type: "{odd", filters: [], aggregate: "sum", property: "/cart/total" }] },
    { ...usual, interval: "week", compare: "previous_year", by: { property: "plan" }, filters: [PLAN] },
    { ...usual, compare: "off" },
    { ...usual, by: { field: "user_id" }, filters: [{ field: "user_id", operator: "is_set", values: [] }] },
  ] satisfies TrendsQuestion[])
    test(`?${searchOfTrends(question)}`, () => {
      expect(read(searchOfTrends(question))).toEqual({ state: question, problems: [] });
    });

  test("of a funnel", () => {
    const search = (text: string) => funnelFrom(new URLSearchParams(text), TODAY);
    const question: FunnelQuestion = {
      ...search("").state,
      steps: [
        { event_type: "added", filters: [] },
        { event_type: "paid", filters: [PLAN] },
      ],
      window: "1d",
      order: "strict",
      by: { property: "platform" },
    };
    expect(search(searchOfFunnel(question))).toEqual({ state: question, problems: [] });
    expect(searchOfFunnel(question)).toMatch(/^step=added&step=%7B/);
  });

  test("of retention", () => {
    const search = (text: string) => retentionFrom(new URLSearchParams(text), TODAY);
    const question = {
      ...search("").state,
      start: { event_type: "signed_up", filters: [] },
      returning: { filters: [PLAN] },
      interval: "month",
      periods: 12,
      cohorts: "recurring",
      mode: "on_or_after",
    } as const;
    expect(search(searchOfRetention(question))).toEqual({ state: question, problems: [] });
    expect(searchOfRetention(search("").state)).toBe("");
  });
});

test("the address of the first question is empty", () => {
  expect(searchOfTrends(read("").state)).toBe("");
});

test("invalid parameters are reported, and the others are shown", () => {
  const { state, problems } = read(
    "series=%7B%22aggregate%22:%22guess%22%7D&series=paid&interval=year&filter=no&by=plan&compare=off",
  );

  expect(state).toMatchObject({ series: [{ event_type: "paid" }], interval: "day", filters: [] });
  expect(state.by).toBeUndefined();
  expect(problems).toEqual([
    'The parameter series “{"aggregate":"guess"}” is invalid and is ignored.',
    "The parameter filter “no” is invalid and is ignored.",
    "“year” isn't a valid interval. Showing day.",
    "The parameter by “plan” is invalid and is ignored.",
  ]);
});

test("hours are only shown for ranges that the API divides into hours", () => {
  expect(read("interval=hour&range=30d").state.interval).toBe("hour");
  const { state, problems } = read("interval=hour&range=90d");

  expect(state.interval).toBe("day");
  expect(problems).toEqual(["Hours can be shown for at most 45 days. Showing days."]);
});

test("queries leave out what isn't complete yet", () => {
  const unfinished = { property: "plan", operator: "between", values: [1] } as const;
  const question: TrendsQuestion = {
    ...read("").state,
    filters: [unfinished],
    series: [
      { aggregate: "sum", filters: [] },
      { event_type: "paid", filters: [unfinished, PLAN] },
    ],
  };

  expect(queryOfTrends(question)).toEqual({
    start_date: "2026-10-27",
    end_date: DAY,
    series: [{ event_type: "paid", filters: [PLAN] }],
    interval: "day",
    compare: "previous_weeks",
  });
});

test("the window of a funnel and the steps of retention are those of the API", () => {
  const funnel = funnelFrom(new URLSearchParams("step=a&step=b&window=1d&by=property:plan"), TODAY).state;
  expect(queryOfFunnel(funnel)).toMatchObject({
    steps: [{ event_type: "a" }, { event_type: "b" }],
    window_seconds: 86_400,
    breakdown: { property: "plan", limit: 10 },
  });
  const retention = retentionFrom(new URLSearchParams("start=a"), TODAY).state;
  expect(queryOfRetention(retention)).toMatchObject({ start: { event_type: "a" }, return: {}, periods: 8 });
});

test("the title of a series names its measure, its property and its events", () => {
  expect(titleOf({ filters: [] })).toBe("All events");
  expect(titleOf({ event_type: "paid", filters: [PLAN], aggregate: "unique_users" })).toBe(
    "Unique users: paid (filtered)",
  );
  expect(titleOf({ filters: [], aggregate: "sum", property: "amount" })).toBe("Sum of amount: All events");
});

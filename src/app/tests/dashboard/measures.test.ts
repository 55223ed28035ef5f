import { expect, test } from "vitest";
import { changeOf } from "../../features/dashboard/changes";
import {
  formatChange,
  formatDay,
  formatHeadline,
  formatNumber,
  formatRange,
  formatShare,
  formatTick,
  formatTime,
  formatWeekday,
} from "../../features/dashboard/format";
import { countedMeasures, headlineOf, loadedMeasures } from "../../features/dashboard/measures";
import {
  overviewFrom,
  queryOfBreakdown,
  queryOfOverview,
  searchOfOverview,
} from "../../features/dashboard/overview-question";

const TODAY = "2026-11-25";
const daily = (...values: (number | null)[]) =>
  values.map((value, day) => ({ date: `2026-11-0${day + 1}`, value }));
const read = (search: string) => overviewFrom(new URLSearchParams(search), { day: TODAY, timezone: "UTC" });

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
  expect(headlineOf({ name: "revenue", kind: "sum", total: 4, daily: daily(3, 1) })).toBe(4);
});

test("metrics that count events are replaced by the measures of events", () => {
  const metrics = [
    { name: "events", kind: "count", total: 3, daily: daily(1, 2) },
    { name: "active_users", kind: "unique", total: 2, daily: daily(1, 2) },
    { name: "support_tickets", kind: "sum", total: 5, daily: daily(5, 0) },
  ] as const;
  const summary = { org_id: "org", start_date: "2026-11-01", end_date: "2026-11-02", metrics };

  expect(loadedMeasures(summary, undefined)).toEqual([
    {
      name: "support_tickets",
      title: "Support tickets",
      kind: "total",
      total: 5,
      values: [5, 0],
      previous: undefined,
      buckets: ["2026-11-01", "2026-11-02"],
      interval: "day",
    },
  ]);
  expect(loadedMeasures(summary, summary)[0]?.previous).toEqual({ total: 5, values: [5, 0] });
});

test("the cards have the figures of the API", () => {
  const figures = { total: 7, values: [3, 4], previous: { total: 2, values: [1, 1] } };
  const series = [0, 1, 2].map((index) => ({ index, breakdown: null, ...figures }));
  const [events] = countedMeasures({
    complete_through: null,
    timezone: "UTC",
    interval: "day",
    buckets: ["2026-11-01T00:00:00+00:00", "2026-11-02T00:00:00+00:00"],
    series,
  });

  expect(events).toMatchObject({ name: "events", title: "Events", interval: "day", ...figures });
});

test("the overview's question is read back from its address", () => {
  const filter = { field: "user_id", operator: "is", values: ["nobody"] } as const;
  const question = {
    ...read("range=90d").state,
    measure: "users",
    by: { property: "plan" },
    compare: "previous_year",
    interval: "week",
    filters: [filter],
  } as const;

  expect(read(searchOfOverview(question))).toEqual({ state: question, problems: [] });
  expect(searchOfOverview(read("").state)).toBe("");
  expect(queryOfOverview(question)).toEqual({
    start_date: "2026-08-28",
    end_date: TODAY,
    filters: [filter],
    interval: "week",
    compare: "previous_year",
    series: [{}, { aggregate: "unique_users" }, { aggregate: "per_user" }],
  });
  expect(queryOfBreakdown(question, { filters: [] })).toMatchObject({
    filters: [filter],
    breakdown: { property: "plan", limit: 100 },
  });
});

test("numbers and dates are formatted", () => {
  expect([0, 1234.567, 136_900.89, 12_500_000, null].map((value) => formatHeadline(value))).toEqual([
    "0",
    "1,234.57",
    "136,901",
    "12.5M",
    "–",
  ]);
  expect([0, 1234.5, 136_900.89, 12_500_000, null].map((value) => formatHeadline(value, "USD"))).toEqual([
    "$0",
    "$1,234.50",
    "$136,901",
    "$12.5M",
    "–",
  ]);
  expect([formatNumber(1234.5, "JPY"), formatNumber(-2.5, "EUR"), formatTick(1_500, "EUR")]).toEqual([
    "¥1,235",
    "-€2.50",
    "€1.5K",
  ]);
  expect(formatShare(1, 0)).toBe("0%");
  expect(formatDay("2026-11-25T09:30:00Z")).toBe("25 Nov 2026");
  expect(formatTime("2026-11-25T09:30:00Z", "UTC")).toBe("25 Nov 2026, 09:30:00");
  expect(formatWeekday("2026-11-25")).toBe("Wed, 25 Nov 2026");
  expect(formatRange({ start_date: "2026-10-27", end_date: "2026-11-25" })).toBe("27 Oct – 25 Nov 2026");
  expect(formatRange({ start_date: "2025-12-30", end_date: "2026-01-02" })).toBe("30 Dec 2025 – 2 Jan 2026");
});

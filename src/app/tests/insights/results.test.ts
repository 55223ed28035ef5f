import { describe, expect, test } from "vitest";
import { curlOf, sdkCodeOf } from "../../features/insights/code";
import { csvOf } from "../../features/insights/csv";
import {
  formatBucket,
  formatDuration,
  formatRate,
  nameOfGroup,
  titleOfBucket,
} from "../../features/insights/format";
import { rowsOfFunnel } from "../../features/insights/funnel-rows";
import { rowsOfRetention } from "../../features/insights/retention-rows";
import { linesOf, pastOf, rowsOfTrends } from "../../features/insights/trends-lines";

test("CSV quotes separators and defuses formulas, but keeps negative numbers", () => {
  expect(csvOf([["a,b", 'say "hi"', "=1+1", -1, null, true, "two\nlines"]])).toBe(
    `"a,b","say ""hi""",'=1+1,-1,,true,"two\nlines"\r\n`,
  );
});

test("the curl command survives quotes in the query", () => {
  const command = curlOf("https://api.example", "trends", { series: [{ event_type: "it's" }] });

  expect(command).toContain("curl 'https://api.example/api/v1/insights/trends'");
  expect(command).toContain(String.raw`-d '{"series":[{"event_type":"it'\''s"}]}'`);
});

test("the SDK code calls the function of the question", () => {
  const code = sdkCodeOf("https://api.example", "retention", { periods: 4 });

  expect(code).toContain('import { getRetention } from "@acme/analytics-sdk/insights";');
  expect(code).toContain('await getRetention(analytics, {\n  "periods": 4\n});');
});

describe("durations are shown in their two largest units", () => {
  for (const [seconds, text] of [
    [null, "–"],
    [0.2, "0 s"],
    [59.6, "1 min"],
    [61, "1 min 1 s"],
    [7_200, "2 h"],
    [93_784, "1 d 2 h"],
  ] as const)
    test(`${seconds} seconds: ${text}`, () => {
      expect(formatDuration(seconds)).toBe(text);
    });
});

test("rates, intervals and groups have names", () => {
  expect([formatRate(0.125), formatRate(null)]).toEqual(["12.5%", "–"]);
  expect(formatBucket("2026-11-25T14:00:00", "hour")).toBe("25 Nov, 14:00");
  expect(formatBucket("2026-11-23", "week")).toBe("23 Nov");
  expect(formatBucket("2026-11-01", "month")).toBe("Nov 2026");
  expect(titleOfBucket("2026-11-25T14:00:00", "hour")).toBe("Wed, 25 Nov 2026, 14:00");
  expect(titleOfBucket("2026-11-23", "week")).toBe("Week of 23 Nov 2026");
  expect(nameOfGroup({ kind: "value", value: false })).toBe("false");
  expect([nameOfGroup({ kind: "other", value: "" }), nameOfGroup({ kind: "none", value: "" })]).toEqual([
    "All other values",
    "Not set",
  ]);
});

test("a trend has a row per interval and a column per line, with the earlier values", () => {
  const result = {
    complete_through: null,
    timezone: "UTC",
    interval: "day",
    buckets: ["2026-11-24T00:00:00", "2026-11-25T00:00:00"],
    series: [
      { index: 0, breakdown: { kind: "value", value: "pro" }, total: 3, values: [1, 2] },
      { index: 1, breakdown: null, total: 5, values: [5, null], previous: { total: 1, values: [1, 0] } },
    ],
  } as const;
  const lines = linesOf(result, [{ event_type: "paid", filters: [] }, { filters: [] }]);

  expect(rowsOfTrends(result, lines)).toEqual([
    ["day", "paid: pro", "All events", "All events (before)"],
    ["2026-11-24", 1, 5, 1],
    ["2026-11-25", 2, null, 0],
  ]);
});

test("a funnel has a row per step of each group", () => {
  const step = {
    index: 0,
    users: 4,
    conversion_overall: 1,
    conversion_previous: null,
    median_seconds: null,
    average_seconds: null,
  };
  const groups = [{ kind: "none", value: "", steps: [step] }] as const;
  const rows = rowsOfFunnel({ complete_through: null, steps: [step], breakdowns: groups }, [{ filters: [] }]);

  expect(rows.map(([group, number, event, users]) => [group, number, event, users])).toEqual([
    ["group", "step", "event", "users"],
    ["All users", 1, "All events", 4],
    ["Not set", 1, "All events", 4],
  ]);
});

test("unfinished periods have no value in the file of a retention table", () => {
  const values = [
    { period: 0, users: 2, complete: true },
    { period: 1, users: 1, complete: false },
  ];
  const overall = [
    { period: 0, rate: 1 },
    { period: 1, rate: null },
  ];
  const cohorts = [{ date: "2026-11-23", size: 2, values }];

  expect(rowsOfRetention({ complete_through: null, cohorts, overall })).toEqual([
    ["cohort", "users", "period 0", "period 1"],
    ["2026-11-23", 2, 2, null],
  ]);
});

test("intervals in the future have no value", () => {
  const coverage = { isFirstPartial: false, partial: 1, isUnfinished: true };
  expect(pastOf([1, 2, 0], coverage)).toEqual([1, 2, null]);
  expect(pastOf([1, 2, 0], { ...coverage, isUnfinished: false })).toEqual([1, 2, 0]);
});

import { describe, expect, test } from "vitest";
import { localTime, timeOf, timesOf, zoneOf } from "../../features/clock/zones";
import { eventFiltersOf } from "../../features/live/event-filters";
import { utcDaysOf } from "../../features/insights/use-catalog";
import { queryOfTrends, trendsFrom } from "../../features/insights/trends-question";

const day = (date: string) => ({ start_date: date, end_date: date });

test("a local time is that of the time zone", () => {
  expect(localTime("2026-11-30T23:30:00.999999Z", "Asia/Kolkata")).toBe("2026-12-01 05:00:00");
  expect(localTime("2026-11-30T23:30:00.999999Z", "UTC")).toBe("2026-11-30 23:30:00");
});

describe("a local day begins at its first instant", () => {
  test.each([
    ["in summer", "2026-07-01", "Europe/Berlin", "2026-06-30T22:00:00.000Z", "2026-07-01T21:59:59.999999Z"],
    [
      "with 25 hours",
      "2026-10-25",
      "Europe/Berlin",
      "2026-10-24T22:00:00.000Z",
      "2026-10-25T22:59:59.999999Z",
    ],
    [
      "with 23 hours",
      "2026-03-08",
      "America/New_York",
      "2026-03-08T05:00:00.000Z",
      "2026-03-09T03:59:59.999999Z",
    ],
    [
      "if midnight is skipped",
      "2018-11-04",
      "America/Sao_Paulo",
      "2018-11-04T03:00:00.000Z",
      "2018-11-05T01:59:59.999999Z",
    ],
    [
      "if midnight occurs twice",
      "2024-10-27",
      "Atlantic/Azores",
      "2024-10-27T00:00:00.000Z",
      "2024-10-28T00:59:59.999999Z",
    ],
    ["in UTC", "2026-11-30", "UTC", "2026-11-30T00:00:00.000Z", "2026-11-30T23:59:59.999999Z"],
  ])("%s", (_, date, zone, start_date, end_date) => {
    expect(timesOf(day(date), zone)).toEqual({ start_date, end_date });
  });
});

test("lists and queries contain the organisation's time zone, unless it is UTC", () => {
  const search = new URLSearchParams("start_date=2026-07-01&end_date=2026-07-01");
  const inBerlin = trendsFrom(search, { day: "2026-07-02", timezone: "Europe/Berlin" }).state;
  const inUtc = { ...inBerlin, timezone: "UTC" };

  expect(queryOfTrends(inBerlin)).toMatchObject({ ...day("2026-07-01"), timezone: "Europe/Berlin" });
  expect(queryOfTrends(inUtc)).not.toHaveProperty("timezone");
  expect(eventFiltersOf(inBerlin, 20)).toMatchObject(timesOf(day("2026-07-01"), "Europe/Berlin"));
  expect(eventFiltersOf(inUtc, 20)).toMatchObject(day("2026-07-01"));
});

test("the types and properties of local days are those of the UTC days that contain them", () => {
  expect(utcDaysOf(day("2026-11-30"), "Asia/Tokyo")).toEqual({
    start_date: "2026-11-29",
    end_date: "2026-11-30",
  });
  expect(utcDaysOf(day("2026-11-30"), "UTC")).toEqual(day("2026-11-30"));
  expect(utcDaysOf({ start_date: "2020-01-01", end_date: "2026-11-30" }, "America/Los_Angeles")).toEqual({
    start_date: "2025-12-01",
    end_date: "2026-12-01",
  });
});

test("an unknown time zone is replaced by UTC, with the days that belong to it", () => {
  const member = { name: "Acme", plan: "growth", created_at: "2026-01-01T00:00:00Z", role: "admin" };
  const caller = (timezone: string) => ({
    org_id: "org_acme",
    organizations: [{ ...member, org_id: "org_acme", timezone }],
  });

  expect(zoneOf(caller("Europe/Berlin"))).toBe("Europe/Berlin");
  expect(zoneOf(caller("Europe/Atlantis"))).toBe("UTC");
  expect(zoneOf({ org_id: "org_acme", organizations: [] })).toBe("UTC");
});

describe("a local time is the UTC time", () => {
  test.each([
    ["in winter", "2026-11-30T09:30", "Europe/Berlin", "2026-11-30T08:30:00.000Z"],
    ["in UTC", "2026-11-30T09:30", "UTC", "2026-11-30T09:30:00.000Z"],
    ["that occurs first", "2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30:00.000Z"],
    ["before the clocks change", "2026-03-29T01:59", "Europe/Berlin", "2026-03-29T00:59:00.000Z"],
    ["after the clocks change", "2026-03-29T03:00", "Europe/Berlin", "2026-03-29T01:00:00.000Z"],
    ["of a skipped time", "2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:30:00.000Z"],
    ["in a year before 1000", "0099-03-29T02:30", "UTC", "0099-03-29T02:30:00.000Z"],
  ])("%s", (_, local, zone, time) => {
    expect(timeOf(local, zone)).toBe(time);
  });
});

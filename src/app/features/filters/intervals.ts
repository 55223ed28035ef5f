import type { Comparison, Interval } from "@acme/analytics-sdk/insights";
import {
  addDays,
  type Day,
  type DayRange,
  lengthOf,
  startOfMonth,
  yearBefore,
} from "@/features/dashboard/days";

export const INTERVALS: Readonly<Record<Interval, string>> = {
  hour: "By hour",
  day: "By day",
  week: "By week",
  month: "By month",
};

/** What values are compared with, as the filter bar shows it. */
export const COMPARISONS: Readonly<Record<Comparison | "off", string>> = {
  previous_weeks: "vs. same weekdays before",
  previous_period: "vs. previous period",
  previous_year: "vs. previous year",
  off: "No comparison",
};

export const USUAL_COMPARISON: Comparison = "previous_weeks";

/** The longest range in days that the API divides into hours. */
export const HOURLY_DAYS_MAX = 45;
/** Longer ranges are divided into weeks, and even longer ones into months, if no interval is selected. */
const DAILY_DAYS_MAX = 120;
const WEEKLY_DAYS_MAX = 300;

/** Return the interval that a range has if none is selected. */
export function usualInterval(range: DayRange): Interval {
  const days = lengthOf(range);
  if (days === 1) return "hour";
  if (days <= DAILY_DAYS_MAX) return "day";
  return days <= WEEKLY_DAYS_MAX ? "week" : "month";
}

/** Return the earlier range that a range is compared with. */
export function comparedRange(range: DayRange, compare: Comparison): DayRange {
  const before = (days: number): DayRange => ({
    start_date: addDays(range.start_date, -days),
    end_date: addDays(range.end_date, -days),
  });
  if (compare === "previous_period") return before(lengthOf(range));
  if (compare === "previous_weeks") return before(7 * Math.ceil(lengthOf(range) / 7));
  return { start_date: yearBefore(range.start_date), end_date: yearBefore(range.end_date) };
}

/** Which values of a result don't count a whole interval. */
export interface Coverage {
  /** Whether the first interval begins before the range. */
  readonly isFirstPartial: boolean;
  /** The index of the interval that isn't over yet, or that ends after the range. Later intervals are in the future. */
  readonly partial: number | undefined;
  /** Whether that interval isn't over yet. */
  readonly isUnfinished: boolean;
}

/** Return which intervals are incomplete at this time, which is on the day `today` of the range's time zone. */
export function coverageOf(
  buckets: readonly string[],
  interval: Interval,
  range: DayRange,
  now: string,
  today: Day,
): Coverage {
  const last = buckets.length - 1;
  const isFirstPartial = buckets.length > 0 && buckets[0]!.slice(0, 10) < range.start_date;
  if (today >= range.start_date && today <= range.end_date) {
    const later = buckets.findIndex((bucket) => Date.parse(bucket) > Date.parse(now));
    return { isFirstPartial, partial: later < 0 ? last : Math.max(0, later - 1), isUnfinished: true };
  }
  const isLastPartial = last >= 0 && endOf(buckets[last]!.slice(0, 10), interval) > range.end_date;
  return { isFirstPartial, partial: isLastPartial ? last : undefined, isUnfinished: false };
}

/** Return the days of an interval that are in the range. */
export function daysOfBucket(bucket: string, interval: Interval, range: DayRange): DayRange {
  const start = bucket.slice(0, 10);
  const end = endOf(start, interval);
  return {
    start_date: start < range.start_date ? range.start_date : start,
    end_date: end > range.end_date ? range.end_date : end,
  };
}

/** Return the last day of the interval that begins on this day. */
function endOf(day: Day, interval: Interval): Day {
  if (interval === "week") return addDays(day, 6);
  return interval === "month" ? addDays(startOfMonth(day, 1), -1) : day;
}

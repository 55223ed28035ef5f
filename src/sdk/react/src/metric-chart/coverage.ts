import type { Interval, TrendsResult } from "@acme/analytics-sdk/insights";

/** Which values of a result don't count a whole interval. */
export interface Coverage {
  /** The index of the first complete value. */
  readonly first: number;
  /** The index of the last complete value. */
  readonly last: number;
  /** The index of the last value that has begun. */
  readonly begun: number;
}

/**
 * Return which values are complete. Intervals at the ends of the range may be longer than the range, and intervals that
 * contain the time `now` or are after it aren't over. Without a time, all intervals are over.
 */
export function coverageOf(
  { buckets, interval, timezone }: TrendsResult,
  range: { readonly start_date?: string | null | undefined; readonly end_date?: string | null | undefined },
  now: number | undefined,
): Coverage {
  const time = now === undefined ? "9999" : localTime(now, timezone);
  const end = range.end_date ? endOf(range.end_date, "day") : "9999";
  const local = buckets.map((bucket) => bucket.slice(0, 16));
  const later = local.findIndex((start) => start > time);
  const begun = later < 0 ? buckets.length - 1 : Math.max(0, later - 1);
  const isPartial = begun >= 0 && endOf(local[begun]!, interval) > (time < end ? time : end);
  const isFirstPartial =
    begun > 0 && local[0]!.slice(0, 10) < (range.start_date ?? usualStart(range.end_date, time));
  return { first: isFirstPartial ? 1 : 0, last: isPartial ? begun - 1 : begun, begun };
}

/** Return the first of the 30 days that the API selects if a query has no start. Return "" if the end is unknown. */
function usualStart(end: string | null | undefined, time: string): string {
  const last = new Date((end ?? time).slice(0, 10));
  if (time === "9999" && !end) return "";
  last.setUTCDate(last.getUTCDate() - 29);
  return last.toISOString().slice(0, 10);
}

/** Return the local time as `2026-11-25T13:45`. */
function localTime(now: number, timeZone: string): string {
  const format = new Intl.DateTimeFormat("sv", { timeZone, dateStyle: "short", timeStyle: "short" }); // ISO 8601
  return format.format(now).replace(" ", "T");
}

/** Return the local time at which the interval ends that begins at this local time. */
function endOf(start: string, interval: Interval): string {
  const date = new Date(start.length > 10 ? `${start}Z` : start);
  if (interval === "hour") date.setUTCHours(date.getUTCHours() + 1);
  else if (interval === "month") date.setUTCMonth(date.getUTCMonth() + 1, 1);
  else date.setUTCDate(date.getUTCDate() + (interval === "week" ? 7 : 1));
  return date.toISOString().slice(0, 16);
}

import type { GroupValue, Interval } from "@acme/analytics-sdk/insights";
import { formatDay, formatShortDay, formatShortMonth, formatWeekday } from "@/features/dashboard/format";

const percent = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });

/** Units of time with their length in seconds, longest first. */
const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
] as const;

/** Format a rate from 0 to 1 as `12.5%`, or as a dash if it is unknown. */
export function formatRate(rate: number | null): string {
  return rate === null ? "–" : percent.format(rate);
}

/** Format a time as its two largest units: `2 d 3 h`, `45 s`; or as a dash if it is unknown. */
export function formatDuration(seconds: number | null): string {
  if (seconds === null) return "–";
  let rest = Math.round(seconds);
  const largest = UNITS.findIndex(([, length]) => rest >= length);
  if (largest < 0) return "0 s";
  return UNITS.slice(largest, largest + 2)
    .flatMap(([unit, length]) => {
      const count = Math.floor(rest / length);
      rest -= count * length;
      return count ? [`${count} ${unit}`] : [];
    })
    .join(" ");
}

/** Format the time at which an interval begins, for the axis of a chart: `25 Nov`. */
export function formatBucket(bucket: string, interval: Interval): string {
  const day = bucket.slice(0, 10);
  if (interval === "hour") return `${formatShortDay(day)}, ${bucket.slice(11, 16)}`;
  return interval === "month" ? formatShortMonth(day) : formatShortDay(day);
}

/** Format an interval as a title: `Wed, 25 Nov 2026`, `Week of 23 Nov 2026`. */
export function titleOfBucket(bucket: string, interval: Interval): string {
  const day = bucket.slice(0, 10);
  if (interval === "hour") return `${formatWeekday(day)}, ${bucket.slice(11, 16)}`;
  if (interval === "week") return `Week of ${formatDay(day)}`;
  return interval === "month" ? formatShortMonth(day) : formatWeekday(day);
}

/** Return the name of a group of a breakdown. */
export function nameOfGroup({ kind, value }: GroupValue): string {
  if (kind === "other") return "All other values";
  return kind === "none" ? "Not set" : String(value);
}

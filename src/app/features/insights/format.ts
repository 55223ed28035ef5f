import type { GroupValue, Interval } from "@acme/analytics-sdk/insights";
import { formatShortDay } from "@/features/dashboard/format";

const percent = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });
const monthAndYear = new Intl.DateTimeFormat("en-GB", { month: "short", year: "numeric", timeZone: "UTC" });

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

/** Format the local time at which an interval begins. */
export function formatBucket(bucket: string, interval: Interval): string {
  const day = bucket.slice(0, 10);
  if (interval === "hour") return `${formatShortDay(day)}, ${bucket.slice(11, 16)}`;
  return interval === "month" ? monthAndYear.format(new Date(day)) : formatShortDay(day);
}

/** Return the name of a group of a breakdown. */
export function nameOfGroup({ kind, value }: GroupValue): string {
  if (kind === "other") return "All other values";
  return kind === "none" ? "Not set" : String(value);
}

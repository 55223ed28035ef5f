import type { Caller } from "@acme/analytics-sdk";
import { addDays, type Day, type DayRange } from "@/features/dashboard/days";

const DAY_MS = 24 * 3600 * 1000;

const formats = new Map<string, Intl.DateTimeFormat>();

/** Return the local time in the time zone as `2026-11-30 09:30:00`. */
export function localTime(time: number | string, zone: string): string {
  return formatOf(zone).format(new Date(time)).padStart(19, "0"); // years before 1000 have fewer digits
}

/** Return the local day of a time in the time zone. */
export function localDay(time: number | string, zone: string): Day {
  return localTime(time, zone).slice(0, 10);
}

/** Return the time zone of the caller's organisation, or UTC if this machine doesn't know the zone. */
export function zoneOf({ org_id, organizations }: Pick<Caller, "org_id" | "organizations">): string {
  return knownZone(organizations.find((one) => one.org_id === org_id)?.timezone ?? "UTC");
}

/** Return the time zone, or UTC if this machine doesn't know it. */
export function knownZone(zone: string): string {
  try {
    formatOf(zone);
    return zone;
  } catch {
    return "UTC"; // the zone is newer than the browser
  }
}

/** Return the first and the last microsecond of the local days, as UTC times. */
export function timesOf({ start_date, end_date }: DayRange, zone: string): DayRange {
  const end = startOfDay(addDays(end_date, 1), zone) - 1;
  return {
    start_date: new Date(startOfDay(start_date, zone)).toISOString(),
    end_date: new Date(end).toISOString().replace("Z", "999Z"),
  };
}

/**
 * Return the time of a local time such as `2026-11-30T09:30`, as a UTC time. If the local time occurs twice, return the
 * first one, and if it is skipped, the time as if the clocks hadn't changed yet.
 */
export function timeOf(local: string, zone: string): string {
  const time = Date.parse(`${local}Z`);
  const [first, second] = [-DAY_MS, DAY_MS].map((ms) => time - offsetAt(time + ms, zone)) as [number, number];
  const isFirst = localTime(first, zone).startsWith(local.replace("T", " "));
  const isSecond = localTime(second, zone).startsWith(local.replace("T", " "));
  return new Date(isSecond && !isFirst ? second : first).toISOString();
}

/** Return the time in milliseconds at which the local day begins. */
function startOfDay(day: Day, zone: string): number {
  const midnight = Date.parse(day);
  // The clocks may change on this day, so the offset is the one before or the one after the change.
  const starts = [-DAY_MS, DAY_MS]
    .map((ms) => midnight - offsetAt(midnight + ms, zone))
    .sort((a, b) => a - b);
  return starts.find((start) => localDay(start, zone) >= day)!;
}

/** Return by how many milliseconds the local time is ahead of UTC. */
function offsetAt(time: number, zone: string): number {
  return Date.parse(`${localTime(time, zone).replace(" ", "T")}Z`) - time;
}

/** Return the format of local times. The Swedish format is that of ISO 8601. Throw RangeError for an unknown zone. */
function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium", timeZone: zone });
    formats.set(zone, format);
  }
  return format;
}

/** A day such as `2026-11-25`. */
export type Day = string;

/** The current day in a time zone. */
export interface Today {
  readonly day: Day;
  /** An IANA name, such as `Europe/Berlin`. */
  readonly timezone: string;
}

/** Whole days, both ends included. */
export interface DayRange {
  readonly start_date: Day;
  readonly end_date: Day;
}

const DAY_MS = 24 * 3600 * 1000;
/** The number of days from Monday to Saturday. */
const SATURDAY = 5;

/** Return the UTC day of a time. */
export function dayOf(time: Date): Day {
  return time.toISOString().slice(0, 10);
}

/** Return whether the text is a date of the calendar. */
export function isDay(text: string): boolean {
  const time = new Date(`${text}T00:00:00Z`);
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(time.getTime()) && dayOf(time) === text;
}

export function addDays(day: Day, days: number): Day {
  return dayOf(new Date(Date.parse(day) + days * DAY_MS));
}

/** Return the first day of the month that is `months` after the day's month. */
export function startOfMonth(day: Day, months = 0): Day {
  const [year, month] = day.split("-").map(Number);
  return dayOf(new Date(Date.UTC(year!, month! - 1 + months, 1)));
}

/** Return the same day of the previous year. For 29 February, return 1 March. */
export function yearBefore(day: Day): Day {
  const [year, month, date] = day.split("-").map(Number);
  return dayOf(new Date(Date.UTC(year! - 1, month! - 1, date)));
}

/** Return the number of days after the last Monday. */
export function weekdayOf(day: Day): number {
  return (new Date(day).getUTCDay() + 6) % 7;
}

export function isWeekend(day: Day): boolean {
  return weekdayOf(day) >= SATURDAY;
}

export function lengthOf({ start_date, end_date }: DayRange): number {
  return (Date.parse(end_date) - Date.parse(start_date)) / DAY_MS + 1;
}

/** Return the last `days` days, including today. */
export function lastDays(days: number, today: Day): DayRange {
  return { start_date: addDays(today, 1 - days), end_date: today };
}

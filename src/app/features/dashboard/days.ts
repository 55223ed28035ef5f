/** A UTC day such as `2026-11-25`. */
export type Day = string;

/** Whole UTC days, both ends included. */
export interface DayRange {
  readonly start_date: Day;
  readonly end_date: Day;
}

const DAY_MS = 24 * 3600 * 1000;

/** Return the UTC day of a time. */
export function dayOf(time: Date): Day {
  return time.toISOString().slice(0, 10);
}

/** Return the current UTC day. */
export function currentDay(): Day {
  return dayOf(new Date());
}

/** Return whether the text is a date of the calendar. */
export function isDay(text: string): boolean {
  const time = new Date(`${text}T00:00:00Z`);
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(time.getTime()) && dayOf(time) === text;
}

export function addDays(day: Day, days: number): Day {
  return dayOf(new Date(Date.parse(day) + days * DAY_MS));
}

export function lengthOf({ start_date, end_date }: DayRange): number {
  return (Date.parse(end_date) - Date.parse(start_date)) / DAY_MS + 1;
}

/** Return the last `days` days, including today. */
export function lastDays(days: number, today: Day): DayRange {
  return { start_date: addDays(today, 1 - days), end_date: today };
}

/** Return the previous period of the same length. */
export function periodBefore(range: DayRange): DayRange {
  return lastDays(lengthOf(range), addDays(range.start_date, -1));
}

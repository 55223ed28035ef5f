import type { DailyValue, MonthUsage } from "@acme/analytics-sdk";
import { addDays, type Day } from "../dashboard/days";

/** Return the months, newest first, without the months before the first event. The newest month is always kept. */
export function shownMonths(months: readonly MonthUsage[]): readonly MonthUsage[] {
  const first = months.findIndex(({ events }) => events > 0);
  return (first === -1 ? months.slice(-1) : months.slice(first)).slice().reverse();
}

/** Return a value for every day of the month, up to the current day. */
export function daysOf({ month, daily }: MonthUsage, today: Day): readonly DailyValue[] {
  const events = new Map(daily.map((day) => [day.date, day.events]));
  const days: DailyValue[] = [];
  for (let date = `${month}-01`; date.startsWith(month) && date <= today; date = addDays(date, 1))
    days.push({ date, value: events.get(date) ?? 0 });
  return days;
}

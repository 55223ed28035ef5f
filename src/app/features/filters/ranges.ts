import {
  addDays,
  type Day,
  type DayRange,
  isDay,
  lastDays,
  lengthOf,
  startOfMonth,
  yearBefore,
} from "@/features/dashboard/days";

/** The ranges that move with the current day. */
export const PRESETS = {
  today: "Today",
  yesterday: "Yesterday",
  "7d": "Last 7 days",
  "30d": "Last 30 days",
  "90d": "Last 90 days",
  month: "This month",
  last_month: "Last month",
  "12m": "Last 12 months",
  "3y": "Last 3 years",
} as const;

export type Preset = keyof typeof PRESETS;

/** The days that a page shows. */
export interface Dates {
  readonly range: DayRange;
  /** Undefined for a range with fixed dates. */
  readonly preset: Preset | undefined;
}

export const USUAL: Preset = "30d";
/** The longest range of the API. */
const RANGE_DAYS_MAX = 1_096;
const USUAL_DAYS = 30;

/** Return the days of a preset. */
export function rangeOf(preset: Preset, today: Day): DayRange {
  switch (preset) {
    case "today":
      return lastDays(1, today);
    case "yesterday":
      return lastDays(1, addDays(today, -1));
    case "month":
      return { start_date: startOfMonth(today), end_date: today };
    case "last_month":
      return { start_date: startOfMonth(today, -1), end_date: addDays(startOfMonth(today), -1) };
    case "12m":
      return { start_date: addDays(yearBefore(today), 1), end_date: today };
    case "3y":
      return lastDays(RANGE_DAYS_MAX, today);
    default:
      return lastDays(Number.parseInt(preset, 10), today);
  }
}

/** Return the dates of a preset. */
export function presetDates(preset: Preset, today: Day): Dates {
  return { preset, range: rangeOf(preset, today) };
}

/** Read the days from the query of an address. An invalid range is replaced by the usual one and reported. */
export function datesFrom(
  search: URLSearchParams,
  today: Day,
  usual: Preset = USUAL,
): Dates & { readonly problems: readonly string[] } {
  const [start, end, name] = ["start_date", "end_date", "range"].map((one) => search.get(one) || undefined);
  const instead = (problem?: string) => ({
    ...presetDates(usual, today),
    problems: problem ? [`${problem} Showing: ${PRESETS[usual].toLowerCase()}.`] : [],
  });
  if (!start && !end) {
    if (!name) return instead();
    if (!Object.hasOwn(PRESETS, name)) return instead(`“${name}” isn't a range.`);
    return { ...presetDates(name as Preset, today), problems: [] };
  }
  const wrong = [start, end].find((day) => day && !isDay(day));
  if (wrong) return instead(`“${wrong}” isn't a valid date.`);
  const end_date = end ?? (start && start > today ? start : today);
  const range = { start_date: start ?? addDays(end_date, 1 - USUAL_DAYS), end_date };
  const problem = problemOf(range);
  return problem ? instead(problem) : { range, preset: undefined, problems: [] };
}

/** Return the parameters of the days, without the usual ones. */
export function queryOfDates({ range, preset }: Dates, usual: Preset = USUAL): [string, string][] {
  if (!preset) return Object.entries(range);
  return preset === usual ? [] : [["range", preset]];
}

/** Return why a range can't be shown, or undefined if it can. */
export function problemOf(range: DayRange): string | undefined {
  if (!range.start_date || !range.end_date) return "Enter a valid date.";
  if (range.start_date > range.end_date)
    return `The start date ${range.start_date} is after the end date ${range.end_date}.`;
  if (lengthOf(range) > RANGE_DAYS_MAX) return "The range is longer than three years.";
  return undefined;
}

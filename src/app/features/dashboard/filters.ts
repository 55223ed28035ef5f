import type { EventFilters } from "@acme/analytics-sdk";
import { addDays, type Day, type DayRange, isDay, lastDays, lengthOf } from "./days";

/** The days that a page shows. */
export interface Dates {
  readonly range: DayRange;
  /** The length of a range that always ends today. Undefined for a range with fixed dates. */
  readonly days: Preset | undefined;
}

/** The filters of a page. All of them are in its URL, so that a shared link shows the same data. */
export interface Filters extends Dates {
  /** Show only events of these types. Empty for all types. */
  readonly event_types: readonly string[];
  readonly user_id: string | undefined;
  /** The metric of the chart. */
  readonly metric: string;
}

/** The filters of a list of events. */
export type EventFilter = Pick<Filters, "range" | "event_types" | "user_id">;

/** The ranges in days that have a button. */
export const PRESETS = [7, 30, 90] as const;

export type Preset = (typeof PRESETS)[number];

export const DEFAULT_DAYS: Preset = 30;
export const DEFAULT_METRIC = "events";
/** The longest range for which the API returns a summary. */
const RANGE_DAYS_MAX = 366;
const EVENT_TYPES_MAX = 20;

export interface ReadFilters {
  readonly filters: Filters;
  /** A message for each invalid parameter, which also says what is shown instead. */
  readonly problems: readonly string[];
}

/** Read the filters from the URL's query. Invalid parameters are replaced by defaults and reported. */
export function filtersFrom(search: URLSearchParams, today: Day): ReadFilters {
  const { problems, ...dates } = datesFrom(search, today);
  const event_types = [...new Set(search.getAll("event_type").filter(Boolean))];
  const tooMany = `You can select at most ${EVENT_TYPES_MAX} event types. Showing the first ${EVENT_TYPES_MAX}.`;
  return {
    filters: {
      event_types: event_types.slice(0, EVENT_TYPES_MAX),
      user_id: search.get("user_id")?.trim() || undefined,
      metric: search.get("metric") || DEFAULT_METRIC,
      ...dates,
    },
    problems: event_types.length > EVENT_TYPES_MAX ? [...problems, tooMany] : problems,
  };
}

/** Return the URL's query for these filters, without defaults. */
export function searchOf({ event_types, user_id, range, days, metric }: Filters): string {
  const search = new URLSearchParams(event_types.map((type) => ["event_type", type]));
  if (user_id) search.set("user_id", user_id);
  for (const [name, value] of queryOfDates({ range, days })) search.set(name, value);
  if (metric !== DEFAULT_METRIC) search.set("metric", metric);
  return String(search);
}

/** Return the parameters of the days, without defaults. */
export function queryOfDates({ range, days }: Dates, usual: Preset = DEFAULT_DAYS): [string, string][] {
  if (!days) return Object.entries(range);
  return days === usual ? [] : [["days", String(days)]];
}

/** Return the filters as the SDK's parameters. */
export function eventFiltersOf({ range, event_types, user_id }: EventFilter): EventFilters {
  return { ...range, limit: 100, event_type: event_types.length ? event_types : undefined, user_id };
}

/** Add the type, or remove it if it is selected. */
export function toggled(event_types: readonly string[], type: string): readonly string[] {
  return event_types.includes(type) ? event_types.filter((other) => other !== type) : [...event_types, type];
}

interface ReadDates extends Dates {
  readonly problems: readonly string[];
}

/** Read the days from the URL's query. */
export function datesFrom(search: URLSearchParams, today: Day, usual: Preset = DEFAULT_DAYS): ReadDates {
  const [start, end, days] = ["start_date", "end_date", "days"].map((name) => search.get(name) || undefined);
  if (start || end) return customDates(start, end, today);
  const preset = PRESETS.find((option) => String(option) === days);
  if (preset || !days) return presetDates(preset ?? usual, today);
  return presetDates(
    usual,
    today,
    `“${days}” isn't a supported range. Choose ${PRESETS.slice(0, -1).join(", ")} or ${PRESETS.at(-1)} days.`,
  );
}

function presetDates(days: Preset, today: Day, problem?: string): ReadDates {
  const problems = problem ? [`${problem} Showing the last ${days} days.`] : [];
  return { range: lastDays(days, today), days, problems };
}

function customDates(start: string | undefined, end: string | undefined, today: Day): ReadDates {
  const wrong = [start, end].find((day) => day && !isDay(day));
  if (wrong) return presetDates(DEFAULT_DAYS, today, `“${wrong}” isn't a valid date.`);
  const end_date = end ?? (start && start > today ? start : today);
  const range = { start_date: start ?? addDays(end_date, 1 - DEFAULT_DAYS), end_date };
  const problem = problemOf(range);
  return problem ? presetDates(DEFAULT_DAYS, today, problem) : { range, days: undefined, problems: [] };
}

/** Return why a range can't be shown, or undefined if it can. */
export function problemOf(range: DayRange): string | undefined {
  if (!range.start_date || !range.end_date) return "Enter a valid date.";
  if (range.start_date > range.end_date)
    return `The start date ${range.start_date} is after the end date ${range.end_date}.`;
  if (lengthOf(range) > RANGE_DAYS_MAX) return `The range is longer than ${RANGE_DAYS_MAX} days.`;
  return undefined;
}

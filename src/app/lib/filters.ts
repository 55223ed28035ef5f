import type { EventFilters } from "@acme/analytics-sdk";
import { addDays, type Day, type DayRange, isDay, lastDays, lengthOf } from "./days";

/** What the dashboard shows, as its address says it: everything that a shared link shows alike. */
export interface Filters {
  /** Events of these types; of all types when there is none. */
  readonly event_types: readonly string[];
  readonly user_id: string | undefined;
  readonly range: DayRange;
  /** The range moves with the calendar: so many days, ending today. */
  readonly days: Preset | undefined;
  /** The metric of the large chart. */
  readonly metric: string;
}

/** Ranges to choose by one click. */
export const PRESETS = [7, 30, 90] as const;

export type Preset = (typeof PRESETS)[number];

export const DEFAULT_DAYS: Preset = 30;
export const DEFAULT_METRIC = "events";
/** What the API answers in one summary. */
const RANGE_DAYS_MAX = 366;
const EVENT_TYPES_MAX = 20;

export interface ReadFilters {
  readonly filters: Filters;
  /** What of the address could not be used, and what is shown instead. */
  readonly problems: readonly string[];
}

/** The filters of an address. What makes no sense falls back, and is told. */
export function filtersFrom(search: URLSearchParams, today: Day): ReadFilters {
  const { problems, ...dates } = datesFrom(search, today);
  const event_types = [...new Set(search.getAll("event_type").filter(Boolean))];
  const tooMany = `Only ${EVENT_TYPES_MAX} event types can be chosen: the first ${EVENT_TYPES_MAX} are shown.`;
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

/** The query part of the address that shows this; what is the default is left out. */
export function searchOf({ event_types, user_id, range, days, metric }: Filters): string {
  const search = new URLSearchParams(event_types.map((type) => ["event_type", type]));
  if (user_id) search.set("user_id", user_id);
  if (days && days !== DEFAULT_DAYS) search.set("days", String(days));
  if (!days) for (const [end, day] of Object.entries(range)) search.set(end, day);
  if (metric !== DEFAULT_METRIC) search.set("metric", metric);
  return String(search);
}

/** The events that the filters choose, as the SDK asks for them. */
export function eventFiltersOf({ range, event_types, user_id }: Filters): EventFilters {
  return { ...range, limit: 100, event_type: event_types.length ? event_types : undefined, user_id };
}

/** The types with this one added, or without it. */
export function toggled(event_types: readonly string[], type: string): readonly string[] {
  return event_types.includes(type) ? event_types.filter((other) => other !== type) : [...event_types, type];
}

type Dates = Pick<Filters, "range" | "days"> & { readonly problems: readonly string[] };

function datesFrom(search: URLSearchParams, today: Day): Dates {
  const [start, end, days] = ["start_date", "end_date", "days"].map((name) => search.get(name) || undefined);
  if (start || end) return customDates(start, end, today);
  const preset = PRESETS.find((option) => String(option) === days);
  if (preset || !days) return presetDates(preset ?? DEFAULT_DAYS, today);
  return presetDates(DEFAULT_DAYS, today, `“${days}” is none of ${PRESETS.join(", ")} days`);
}

function presetDates(days: Preset, today: Day, problem?: string): Dates {
  const problems = problem ? [`${problem}: the last ${days} days are shown.`] : [];
  return { range: lastDays(days, today), days, problems };
}

function customDates(start: string | undefined, end: string | undefined, today: Day): Dates {
  const wrong = [start, end].find((day) => day && !isDay(day));
  if (wrong) return presetDates(DEFAULT_DAYS, today, `“${wrong}” is no date`);
  const end_date = end ?? (start && start > today ? start : today);
  const range = { start_date: start ?? addDays(end_date, 1 - DEFAULT_DAYS), end_date };
  const problem = problemOf(range);
  return problem ? presetDates(DEFAULT_DAYS, today, problem) : { range, days: undefined, problems: [] };
}

/** Why a range can't be shown, if it can't. */
export function problemOf(range: DayRange): string | undefined {
  if (range.start_date > range.end_date) return `${range.start_date} is after ${range.end_date}`;
  if (lengthOf(range) > RANGE_DAYS_MAX) return `More than ${RANGE_DAYS_MAX} days can't be shown at once`;
  return undefined;
}

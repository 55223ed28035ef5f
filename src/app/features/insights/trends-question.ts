import type { Aggregate, TrendsQuery } from "@acme/analytics-sdk/insights";
import type { Today } from "@/features/dashboard/days";
import {
  breakdownOf,
  Parameters,
  partsOf,
  queryOfStep,
  type Read,
  searchOf,
  textOfBreakdown,
  textOfStep,
  type TimedQuestion,
  timedScopeOf,
} from "./address";
import type { Attribute } from "./attributes";
import { isComplete, parsed, type Step, stepFrom } from "./conditions";

/** A measure of the events of a step. */
export interface Series extends Step {
  readonly aggregate?: Aggregate;
  /** The property that an aggregate of numbers is about. */
  readonly property?: string | undefined;
}

/** What the page of trends shows. */
export interface TrendsQuestion extends TimedQuestion {
  readonly series: readonly Series[];
  readonly by: Attribute | undefined;
}

/** The measures, as the builder shows them. */
export const AGGREGATES: Readonly<Record<Aggregate, string>> = {
  total: "Events",
  unique_users: "Unique users",
  per_user: "Events per user",
  sum: "Sum of",
  average: "Average of",
  min: "Minimum of",
  max: "Maximum of",
  p50: "Median of",
  p90: "90th percentile of",
  p95: "95th percentile of",
  p99: "99th percentile of",
};

export const SERIES_MAX = 10;
/** The number of lines per series. The API adds a line for all other values. */
const GROUPS = 10;
const WITHOUT_PROPERTY: ReadonlySet<Aggregate> = new Set(["total", "unique_users", "per_user"]);

/** Return whether a measure is about the numbers of a property. */
export function needsProperty(aggregate: Aggregate = "total"): boolean {
  return !WITHOUT_PROPERTY.has(aggregate);
}

/** Read the question of an address. */
export function trendsFrom(search: URLSearchParams, today: Today): Read<TrendsQuestion> {
  const parameters = new Parameters(search);
  const series = parameters.list("series", seriesFrom).slice(0, SERIES_MAX);
  const state = {
    ...parameters.timedQuestion(today),
    series: series.length ? series : [{ filters: [] }],
    by: parameters.breakdown(),
  };
  return { state, problems: parameters.problems };
}

/** Return the query of the address. */
export function searchOfTrends(question: TrendsQuestion): string {
  const { series, by } = question;
  const texts = series.map(textOfStep);
  const isUsual = texts.length === 1 && texts[0] === "{}";
  return searchOf(question, [
    ...(isUsual ? [] : texts.map((text) => ["series", text] as const)),
    ...partsOf(question),
    ["by", textOfBreakdown(by)],
  ]);
}

/** Return the query of the API. A series whose property isn't chosen yet is left out. */
export function queryOfTrends(question: TrendsQuestion): TrendsQuery {
  const { series, by } = question;
  return {
    ...timedScopeOf(question),
    series: shownSeries(series).map(queryOfStep),
    ...breakdownOf(by, GROUPS),
  };
}

/** Return the series that the result contains. */
export function shownSeries(series: readonly Series[]): readonly Series[] {
  return series.filter(({ aggregate, property }) => property !== undefined || !needsProperty(aggregate));
}

/** Return the title of a series: `signed_up`, `Unique users: signed_up (filtered)` or `Sum of amount: paid`. */
export function titleOf({ event_type, filters, aggregate = "total", property }: Series): string {
  const events = `${event_type ?? "All events"}${filters.some(isComplete) ? " (filtered)" : ""}`;
  if (aggregate === "total") return events;
  return `${AGGREGATES[aggregate]}${property === undefined ? "" : ` ${property}`}: ${events}`;
}

function seriesFrom(text: string): Series | undefined {
  const step = stepFrom(text);
  const json = (text.startsWith("{") ? parsed(text) : {}) as Readonly<Record<string, unknown>>;
  const { aggregate, property } = json ?? {};
  if (!step || (property !== undefined && typeof property !== "string")) return undefined;
  if (aggregate === undefined) return step;
  if (typeof aggregate !== "string" || !Object.hasOwn(AGGREGATES, aggregate)) return undefined;
  const own = { ...step, aggregate: aggregate as Aggregate };
  return property !== undefined && needsProperty(own.aggregate) ? { ...own, property } : own;
}

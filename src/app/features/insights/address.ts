import type { Breakdown, Comparison, Interval } from "@acme/analytics-sdk/insights";
import { type Day, lengthOf, type Today } from "@/features/dashboard/days";
import {
  COMPARISONS,
  HOURLY_DAYS_MAX,
  INTERVALS,
  USUAL_COMPARISON,
  usualInterval,
} from "@/features/filters/intervals";
import { datesFrom, type Dates, type Preset, queryOfDates, USUAL } from "@/features/filters/ranges";
import { type Attribute, attributeOf, keyOf } from "./attributes";
import { type Condition, conditionFrom, isComplete, parsed } from "./conditions";

/** The parts of the address that all pages of insights have. */
export interface Question {
  readonly dates: Dates;
  /** The conditions on all events. */
  readonly filters: readonly Condition[];
  /** The time zone in which the days begin. The organisation has it, not the address. */
  readonly timezone: string;
}

/** A question about values over time. */
export interface TimedQuestion extends Question {
  readonly interval: Interval;
  readonly compare: Comparison | "off";
}

/** A question of a page that was read from its address. */
export interface Read<State> {
  readonly state: State;
  /** A message for each invalid parameter, which also says what is shown instead. */
  readonly problems: readonly string[];
}

/** Collects what was wrong with the parameters of an address. */
export class Parameters {
  readonly problems: string[] = [];

  constructor(readonly search: URLSearchParams) {}

  /** Return the dates and the filters. */
  question({ day, timezone }: Today, usual: Preset = USUAL): Question {
    const { problems, ...dates } = datesFrom(this.search, day, usual);
    this.problems.push(...problems);
    return { dates, timezone, filters: this.list("filter", (text) => conditionFrom(parsed(text))) };
  }

  /** Return the dates, the filters, the interval and the comparison. */
  timedQuestion(today: Today): TimedQuestion {
    const question = this.question(today);
    const { range } = question.dates;
    const compare = this.choice("compare", COMPARISONS, USUAL_COMPARISON);
    const interval = this.choice("interval", INTERVALS, usualInterval(range));
    if (interval !== "hour" || lengthOf(range) <= HOURLY_DAYS_MAX) return { ...question, compare, interval };
    this.problems.push(`Hours can be shown for at most ${HOURLY_DAYS_MAX} days. Showing days.`);
    return { ...question, compare, interval: "day" };
  }

  /** Return the valid values of a parameter that can be repeated. */
  list<T>(name: string, read: (text: string) => T | undefined): readonly T[] {
    return this.search.getAll(name).flatMap((text) => {
      const value = read(text);
      if (value === undefined)
        this.problems.push(`The parameter ${name} “${text}” is invalid and is ignored.`);
      return value ?? [];
    });
  }

  /** Return the value of a parameter whose values are the keys of `options`. */
  choice<T extends string>(name: string, options: Readonly<Record<T, unknown>>, usual: NoInfer<T>): T {
    const text = this.search.get(name);
    if (!text) return usual;
    if (Object.hasOwn(options, text)) return text as T;
    this.problems.push(`“${text}” isn't a valid ${name}. Showing ${usual}.`);
    return usual;
  }

  /** Return a whole number in a range. */
  number(name: string, usual: number, max: number): number {
    const text = this.search.get(name);
    if (!text) return usual;
    const value = Number(text);
    if (Number.isInteger(value) && value >= 1 && value <= max) return value;
    this.problems.push(`“${text}” isn't a valid ${name}. Showing ${usual}.`);
    return usual;
  }

  /** Return the attribute by which results are divided. */
  breakdown(): Attribute | undefined {
    return this.list("by", attributeOf)[0];
  }
}

/** A parameter of an address. It is left out if it has its usual value. */
export type Part = readonly [name: string, value: string | number | undefined, usual?: string | number];

/** Return the parameters of the interval and of the comparison. */
export function partsOf({ interval, compare, dates }: TimedQuestion): readonly Part[] {
  return [
    ["interval", interval, usualInterval(dates.range)],
    ["compare", compare, USUAL_COMPARISON],
  ];
}

/** Return the query of an address, without defaults. */
export function searchOf({ dates, filters }: Question, parts: readonly Part[], usual?: Preset): string {
  const search = new URLSearchParams(queryOfDates(dates, usual));
  for (const [name, value, omitted] of parts)
    if (value !== undefined && value !== omitted) search.append(name, String(value));
  for (const filter of filters) search.append("filter", JSON.stringify(filter));
  return String(search);
}

/** Return the members that all queries have. */
export function scopeOf({ dates: { range }, filters, timezone }: Question): {
  readonly start_date: Day;
  readonly end_date: Day;
  readonly timezone?: string;
  readonly filters?: readonly Condition[];
} {
  const complete = filters.filter(isComplete);
  return {
    ...range,
    ...(timezone === "UTC" ? {} : { timezone }),
    ...(complete.length ? { filters: complete } : {}),
  };
}

/** Return the members of queries about values over time. */
export function timedScopeOf(question: TimedQuestion): ReturnType<typeof scopeOf> & {
  readonly interval: Interval;
  readonly compare?: Comparison;
} {
  const { interval, compare } = question;
  return { ...scopeOf(question), interval, ...(compare === "off" ? {} : { compare }) };
}

/** Return the member `breakdown` of a query. */
export function breakdownOf(by: Attribute | undefined, limit: number): { readonly breakdown?: Breakdown } {
  return by ? { breakdown: { ...by, limit } } : {};
}

/** Return the breakdown's parameter of an address. */
export function textOfBreakdown(by: Attribute | undefined): string | undefined {
  return by && keyOf(by);
}

/** Return a step as a parameter of an address: the type of its events if it has nothing else, or JSON. */
export function textOfStep(step: object): string {
  const parts = Object.entries(step).filter(
    ([, value]) => value !== undefined && (!Array.isArray(value) || value.length > 0),
  );
  const [[name, value] = [], ...others] = parts;
  if (name === "event_type" && !others.length && !String(value).startsWith("{")) return String(value);
  return JSON.stringify(Object.fromEntries(parts));
}

/** Return a step with its complete conditions only. */
export function queryOfStep<S extends { readonly filters: readonly Condition[] }>({
  filters,
  ...step
}: S): Omit<S, "filters"> & { readonly filters?: readonly Condition[] } {
  const complete = filters.filter(isComplete);
  return complete.length ? { ...step, filters: complete } : step;
}

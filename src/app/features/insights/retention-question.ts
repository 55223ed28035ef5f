import type { CohortKind, RetentionQuery, ReturnMode } from "@acme/analytics-sdk/insights";
import type { Today } from "@/features/dashboard/days";
import { Parameters, type Question, queryOfStep, type Read, scopeOf, searchOf, textOfStep } from "./address";
import { type Step, stepFrom } from "./conditions";

/** What the page of retention shows. */
export interface RetentionQuestion extends Question {
  readonly start: Step;
  readonly returning: Step;
  readonly interval: keyof typeof INTERVALS;
  readonly periods: number;
  readonly cohorts: CohortKind;
  readonly mode: ReturnMode;
}

export const INTERVALS = { day: "By day", week: "By week", month: "By month" } as const;

export const COHORTS: Readonly<Record<CohortKind, string>> = {
  first_time: "On their first start event ever",
  recurring: "In every interval with a start event",
};

export const MODES: Readonly<Record<ReturnMode, string>> = {
  on: "In the period",
  on_or_after: "In the period or later",
};

const PERIODS = 8;
const PERIODS_MAX = 60;
const RANGE = "90d";

/** Return the numbers of periods that the builder offers, with the selected one. */
export function periodOptions(selected: number): Readonly<Record<string, string>> {
  const numbers = [...new Set([4, PERIODS, 12, 31, selected])];
  return Object.fromEntries(numbers.map((number) => [number, String(number)]));
}

/** Read the question of an address. */
export function retentionFrom(search: URLSearchParams, today: Today): Read<RetentionQuestion> {
  const parameters = new Parameters(search);
  const step = (name: string): Step => parameters.list(name, stepFrom)[0] ?? { filters: [] };
  const state = {
    ...parameters.question(today, RANGE),
    start: step("start"),
    returning: step("return"),
    interval: parameters.choice("interval", INTERVALS, "week"),
    periods: parameters.number("periods", PERIODS, PERIODS_MAX),
    cohorts: parameters.choice("cohorts", COHORTS, "first_time"),
    mode: parameters.choice("mode", MODES, "on"),
  };
  return { state, problems: parameters.problems };
}

/** Return the query of the address. */
export function searchOfRetention(question: RetentionQuestion): string {
  const { start, returning, interval, periods, cohorts, mode } = question;
  return searchOf(
    question,
    [
      ["start", textOfStep(start), "{}"],
      ["return", textOfStep(returning), "{}"],
      ["interval", interval, "week"],
      ["periods", periods, PERIODS],
      ["cohorts", cohorts, "first_time"],
      ["mode", mode, "on"],
    ],
    RANGE,
  );
}

/** Return the query of the API. */
export function queryOfRetention(question: RetentionQuestion): RetentionQuery {
  const { start, returning, interval, periods, cohorts, mode } = question;
  return {
    ...scopeOf(question),
    start: queryOfStep(start),
    return: queryOfStep(returning),
    interval,
    periods,
    cohorts,
    mode,
  };
}

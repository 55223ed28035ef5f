import type { FunnelQuery, Order } from "@acme/analytics-sdk/insights";
import type { Today } from "@/features/dashboard/days";
import {
  breakdownOf,
  Parameters,
  type Question,
  queryOfStep,
  type Read,
  scopeOf,
  searchOf,
  textOfBreakdown,
  textOfStep,
} from "./address";
import type { Attribute } from "./attributes";
import { type Step, stepFrom } from "./conditions";

/** What the page of funnels shows. */
export interface FunnelQuestion extends Question {
  readonly steps: readonly Step[];
  /** The time in which users must complete all steps. */
  readonly window: keyof typeof WINDOWS;
  readonly order: Order;
  readonly by: Attribute | undefined;
}

export const STEPS_MIN = 2;
export const STEPS_MAX = 10;

/** The windows that the builder offers, with their titles and their lengths in seconds. */
export const WINDOWS = {
  "1h": ["1 hour", 3_600],
  "1d": ["1 day", 86_400],
  "7d": ["7 days", 7 * 86_400],
  "14d": ["14 days", 14 * 86_400],
  "30d": ["30 days", 30 * 86_400],
  "90d": ["90 days", 90 * 86_400],
} as const;

export const ORDERS: Readonly<Record<Order, string>> = {
  ordered: "In this order",
  strict: "With nothing between them",
  any: "In any order",
};

/** The number of groups. The API adds one for all other values. */
const GROUPS = 10;

/** Read the question of an address. */
export function funnelFrom(search: URLSearchParams, today: Today): Read<FunnelQuestion> {
  const parameters = new Parameters(search);
  const state = {
    ...parameters.question(today),
    steps: parameters.list("step", stepFrom).slice(0, STEPS_MAX),
    window: parameters.choice("window", WINDOWS, "14d"),
    order: parameters.choice("order", ORDERS, "ordered"),
    by: parameters.breakdown(),
  };
  return { state, problems: parameters.problems };
}

/** Return the query of the address. */
export function searchOfFunnel(question: FunnelQuestion): string {
  const { steps, window, order, by } = question;
  return searchOf(question, [
    ...steps.map((step) => ["step", textOfStep(step)] as const),
    ["window", window, "14d"],
    ["order", order, "ordered"],
    ["by", textOfBreakdown(by)],
  ]);
}

/** Return the query of the API. */
export function queryOfFunnel(question: FunnelQuestion): FunnelQuery {
  const { steps, window, order, by } = question;
  return {
    ...scopeOf(question),
    steps: steps.map(queryOfStep),
    window_seconds: WINDOWS[window][1],
    order,
    ...breakdownOf(by, GROUPS),
  };
}

import type { TrendsQuery } from "@acme/analytics-sdk/insights";
import {
  breakdownOf,
  Parameters,
  partsOf,
  queryOfStep,
  type Read,
  scopeOf,
  searchOf,
  textOfBreakdown,
  type TimedQuestion,
  timedScopeOf,
} from "@/features/insights/address";
import { type Attribute, keyOf } from "@/features/insights/attributes";
import type { Series } from "@/features/insights/trends-question";
import type { Today } from "./days";
import { COUNTED } from "./measures";

/** What the overview shows. */
export interface OverviewQuestion extends TimedQuestion {
  /** The name of the measure of the chart. */
  readonly measure: string;
  /** What the breakdown is about. */
  readonly by: Attribute;
}

const USUAL_MEASURE = "events";
const USUAL_BREAKDOWN: Attribute = { field: "event_type" };
/** The number of rows of the breakdown. The API adds a row for all other values. */
const GROUPS = 100;

/** Read the question of an address. */
export function overviewFrom(search: URLSearchParams, today: Today): Read<OverviewQuestion> {
  const parameters = new Parameters(search);
  const state = {
    ...parameters.timedQuestion(today),
    measure: search.get("measure") || USUAL_MEASURE,
    by: parameters.breakdown() ?? USUAL_BREAKDOWN,
  };
  return { state, problems: parameters.problems };
}

/** Return the query of the address. */
export function searchOfOverview(question: OverviewQuestion): string {
  return searchOf(question, [
    ...partsOf(question),
    ["measure", question.measure, USUAL_MEASURE],
    ["by", textOfBreakdown(question.by), keyOf(USUAL_BREAKDOWN)],
  ]);
}

/** Return the API's query for the cards and the chart. */
export function queryOfOverview(question: OverviewQuestion): TrendsQuery {
  return { ...timedScopeOf(question), series: COUNTED.map(({ series }) => queryOfStep(series)) };
}

/** Return the API's query for the breakdown, which needs only totals. */
export function queryOfBreakdown(question: OverviewQuestion, series: Series): TrendsQuery {
  return {
    ...scopeOf(question),
    series: [queryOfStep(series)],
    interval: "month",
    ...breakdownOf(question.by, GROUPS),
  };
}

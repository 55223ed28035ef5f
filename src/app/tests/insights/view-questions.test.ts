import { describe, expect, test } from "vitest";
import examples from "../../../../tests/unit/view_questions.json";
import { overviewFrom, queryOfOverview } from "../../features/dashboard/overview-question";
import { queryOfTrends, trendsFrom } from "../../features/insights/trends-question";

const TODAY = { day: "2026-03-10", timezone: "UTC" };
const MEASURES = ["events", "users", "per_user"];

/** Return the query of a view that the service checks for an alert: the series, the interval and the filters. */
function checkedOf(page: string, state: string): Record<string, unknown> {
  const search = new URLSearchParams(state);
  if (page === "explore") {
    const { series, interval, filters } = queryOfTrends(trendsFrom(search, TODAY).state);
    return { series: series[0], interval, ...(filters && { filters }) };
  }
  const question = overviewFrom(search, TODAY).state;
  const { series, interval, filters } = queryOfOverview(question);
  return { series: series[MEASURES.indexOf(question.measure)], interval, ...(filters && { filters }) };
}

describe("the service reads the state of a view as the dashboard does", () => {
  for (const { page, state, ...expected } of examples)
    test(`${page}?${state}`, () => {
      expect(checkedOf(page, state)).toEqual(expected);
    });
});

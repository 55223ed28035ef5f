"use client";

import { type Answer, useAnswer } from "@/features/insights/use-answer";
import type { TrendsResult } from "@acme/analytics-sdk/insights";
import type { FirstAnswers } from "./first-answers";
import { countedMeasures, type Measure } from "./measures";
import { type OverviewQuestion, queryOfOverview } from "./overview-question";
import { useLoaded } from "./use-loaded";

interface Measures extends Omit<Answer<OverviewQuestion, TrendsResult>, "shown"> {
  /** Undefined until the first result arrives. */
  readonly measures: readonly Measure[] | undefined;
  /** The measure that the chart shows. */
  readonly shown: Measure | undefined;
  /** The result, with the question that it belongs to. */
  readonly found: Answer<OverviewQuestion, TrendsResult>["shown"];
}

/** Return the measures of the overview: those that are counted, and those that the organisation has loaded. */
export function useMeasures(state: OverviewQuestion, first?: FirstAnswers): Measures {
  const query = queryOfOverview(state);
  const answer = useAnswer<"trends", OverviewQuestion>(state, { kind: "trends", ...query }, first?.trends);
  const { shown: found, ...rest } = answer;
  const hasLake = rest.error?.code !== "lake_unavailable";
  const loaded = useLoaded(state, first, !hasLake);
  const counts = found ? countedMeasures(found.data) : hasLake ? undefined : [];
  const measures = counts && (loaded.length || counts.length ? [...counts, ...loaded] : undefined);
  const shown = measures?.find(({ name }) => name === state.measure) ?? measures?.[0];
  return { ...rest, measures, shown, found };
}

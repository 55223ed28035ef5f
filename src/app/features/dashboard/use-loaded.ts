"use client";

import { type MetricsResult, useMetrics } from "@acme/analytics-react";
import type { MetricsSummary } from "@acme/analytics-sdk";
import { useMemo, useState } from "react";
import { lengthOf } from "./days";
import { LOADED_DAYS_MAX, loadedRanges } from "./loaded-ranges";
import { loadedMeasures, type Measure } from "./measures";
import type { OverviewQuestion } from "./overview-question";

interface First {
  readonly loaded: MetricsSummary | undefined;
  readonly before: MetricsSummary | undefined;
}

/**
 * Return the metrics that the organisation has loaded. They aren't made of events, so there are none if events are
 * filtered, and they are read once per range. With `hasCounts`, also return the daily metrics of events.
 */
export function useLoaded(
  question: OverviewQuestion,
  first: First | undefined,
  hasCounts: boolean,
): readonly Measure[] {
  const ranges = loadedRanges(question);
  const current = useKept(useMetrics(ranges.current, { initialData: first?.loaded }));
  const before = useKept(useMetrics(ranges.before, { initialData: first?.before }));
  const isShown = !question.filters.length && lengthOf(question.dates.range) <= LOADED_DAYS_MAX;
  const isCompared = question.compare !== "off";
  return useMemo(
    () => (isShown ? loadedMeasures(current, isCompared ? before : undefined, hasCounts) : []),
    [isShown, isCompared, hasCounts, current, before],
  );
}

/** Return the data, or those of the previous range until the data arrive. */
function useKept({ data, isLoading, error }: MetricsResult): MetricsSummary | undefined {
  const [kept, setKept] = useState(data);
  if (data && data !== kept) setKept(data);
  return data ?? (isLoading && !error ? kept : undefined);
}

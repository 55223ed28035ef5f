"use client";

import { type InsightKind, type InsightOptions, type InsightQuery, useInsight } from "@acme/analytics-react";
import type { AnalyticsError } from "@acme/analytics-sdk";
import { useState } from "react";
import { useIsPaused, useTimeOf } from "./updates";

/** How often answers are refreshed. Without new events, a refresh transfers only headers. */
const REFRESH_MS = 15_000;

/** The result of a question, and how it was found. */
export interface Answer<Question, Data> {
  /** The result, with the question that it belongs to. */
  readonly shown: { readonly question: Question; readonly data: Data } | undefined;
  /** Whether the result is that of the previous question, which is shown until the new one arrives. */
  readonly isOld: boolean;
  readonly error: AnalyticsError | undefined;
  /** When the result was last fetched or found unchanged, by the device's clock. */
  readonly updatedAt: number | undefined;
  readonly refetch: () => Promise<void>;
}

/**
 * Ask the API a question, and keep the answer up to date. While the answer to another question is being fetched, return
 * the previous answer. After an error, return nothing rather than numbers of another question.
 */
export function useAnswer<Kind extends InsightKind, Question>(
  question: Question,
  query: InsightQuery<Kind>,
  initialData?: InsightOptions<Kind>["initialData"],
): Answer<Question, NonNullable<InsightOptions<Kind>["initialData"]>> {
  const isPaused = useIsPaused();
  const found = useInsight<Kind>(query, {
    initialData,
    refreshMs: isPaused ? undefined : REFRESH_MS,
    refreshOnFocus: !isPaused,
  });
  const { data, error, isLoading, isStale, refetch } = found;
  const key = JSON.stringify(query);
  const [kept, setKept] = useState<{ key: string; question: Question; data: NonNullable<typeof data> }>();
  if (data && (kept?.data !== data || kept.key !== key)) setKept({ key, question, data });
  const updatedAt = useTimeOf(isLoading || isStale || error ? undefined : data);
  const isOld = !data && isLoading && !error;
  const shown = data ? { question, data } : isOld ? kept : undefined;
  return { shown, isOld: isOld && kept !== undefined, error, updatedAt, refetch };
}

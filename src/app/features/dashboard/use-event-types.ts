"use client";

import { useAnalytics } from "@acme/analytics-react";
import type { AnalyticsError, EventTypeCount } from "@acme/analytics-sdk";
import { useCallback, useEffect, useRef, useState } from "react";
import type { DayRange } from "./days";

export interface EventTypes {
  /** The counts, most frequent first. While a new range is loading, the counts of the previous range. */
  readonly counts: readonly EventTypeCount[] | undefined;
  readonly error: AnalyticsError | undefined;
  readonly refetch: () => void;
}

const READ_MS = 4_000;
const RETRY_MS = 3_000;

/** Count the events by type, and refresh the counts while the page is visible. */
export function useEventTypes({ start_date, end_date }: DayRange, refreshMs: number): EventTypes {
  const client = useAnalytics();
  const abort = useRef<AbortController>(undefined);
  const [state, setState] = useState<Omit<EventTypes, "refetch">>({ counts: undefined, error: undefined });
  const refetch = useCallback(() => {
    abort.current?.abort();
    const { signal } = (abort.current = new AbortController());
    client.getEventTypes({ start_date, end_date }, { signal, timeoutMs: READ_MS }).then(
      ({ event_types }) => !signal.aborted && setState({ counts: event_types, error: undefined }),
      (error: AnalyticsError) => !signal.aborted && setState(({ counts }) => ({ counts, error })),
    );
  }, [client, start_date, end_date]);
  useEffect(() => {
    refetch();
    return () => abort.current?.abort();
  }, [refetch]);
  const everyMs = state.error ? RETRY_MS : refreshMs;
  useEffect(() => {
    const refresh = (): void => {
      if (document.visibilityState === "visible") refetch();
    };
    const timer = setInterval(refresh, everyMs);
    window.addEventListener("online", refresh);
    return () => {
      clearInterval(timer);
      window.removeEventListener("online", refresh);
    };
  }, [refetch, everyMs]);
  return { ...state, refetch };
}

"use client";

import { useAnalytics } from "@acme/analytics-react";
import type { AnalyticsClient, AnalyticsError, Event } from "@acme/analytics-sdk";
import { useCallback, useEffect, useState } from "react";
import { type EventKey, keyOf } from "./event-address";

interface FoundEvent {
  /** Null if there is no such event, and undefined until the event is read. */
  readonly event: Event | null | undefined;
  readonly error: AnalyticsError | undefined;
  readonly refetch: () => void;
}

/** Read one event. */
export function useEvent({ timestamp, event_id, source }: EventKey): FoundEvent {
  const client = useAnalytics();
  const [state, setState] = useState<Omit<FoundEvent, "refetch">>({ event: undefined, error: undefined });
  const refetch = useCallback(
    (signal?: AbortSignal): void => {
      find(client, { timestamp, event_id, source }, signal).then(
        (event) => setState({ event, error: undefined }),
        (error: AnalyticsError) => {
          if (!signal?.aborted) setState(({ event }) => ({ event, error }));
        },
      );
    },
    [client, timestamp, event_id, source],
  );
  useEffect(() => {
    const abort = new AbortController();
    refetch(abort.signal);
    return () => abort.abort();
  }, [refetch]);
  return { ...state, refetch: () => refetch() };
}

/** Return the event, or null if it isn't among the events of its time. */
async function find(
  client: AnalyticsClient,
  event_key: EventKey,
  signal: AbortSignal | undefined,
): Promise<Event | null> {
  const { timestamp } = event_key;
  const events = client.getEvents({ start_date: timestamp, end_date: timestamp }, { signal });
  for await (const event of events) if (keyOf(event) === keyOf(event_key)) return event;
  return null;
}

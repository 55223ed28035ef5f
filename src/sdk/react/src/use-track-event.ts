import type { AnyEvents, EventPayload } from "@acme/analytics-sdk";
import { useCallback } from "react";
import { useAnalytics } from "./provider.tsx";

/**
 * Return a stable function that tracks an event. Await its promise to know that the event is stored, or ignore it.
 * When the queue is full, the event is dropped, counted and reported.
 */
export function useTrackEvent<Events extends object = AnyEvents>(): (
  event: EventPayload<Events>,
) => Promise<void> {
  const client = useAnalytics<Events>();
  return useCallback((event) => client.trackEvent(event, { whenFull: "drop" }), [client]);
}

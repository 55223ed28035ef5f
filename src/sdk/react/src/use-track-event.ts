import type { AnyEvents, EventPayload } from "@acme/analytics-sdk";
import { useCallback } from "react";
import { useAnalytics } from "./provider.tsx";

/**
 * A function, the same at every render, that tracks an event. Its promise may be left alone; await it to
 * know that the event is stored. When the queue is full, the event is dropped, counted and reported.
 */
export function useTrackEvent<Events extends object = AnyEvents>(): (
  event: EventPayload<Events>,
) => Promise<void> {
  const client = useAnalytics<Events>();
  return useCallback((event) => client.trackEvent(event, { whenFull: "drop" }), [client]);
}

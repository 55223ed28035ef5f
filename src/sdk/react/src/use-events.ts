import type { EventFilters } from "@acme/analytics-sdk";
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { shared, useStable } from "./cache.ts";
import { type EventsState, EventsStore, NO_EVENTS } from "./events-store.ts";
import { useAnalytics } from "./provider.tsx";
import { useInterval } from "./use-interval.ts";
import { useWake } from "./use-wake.ts";

export interface EventsOptions {
  /** The interval in milliseconds at which new events are fetched while the page is visible. Default: never. */
  readonly refreshMs?: number | undefined;
}

export interface EventsResult extends EventsState {
  readonly fetchNextPage: () => Promise<void>;
  /** Fetch again from the first page. */
  readonly refetch: () => Promise<void>;
  /** Insert new events in order. */
  readonly refresh: () => Promise<void>;
  /** A ref for an element at the end of the list. The next page is fetched when the element comes into view. */
  readonly sentinelRef: (element: Element | null) => void;
}

const noEvents = (): EventsState => NO_EVENTS;

/** Return the matching events, page by page. Components with the same filters share one list. */
export function useEvents(filters: EventFilters = {}, { refreshMs }: EventsOptions = {}): EventsResult {
  const client = useAnalytics();
  const stable = useStable(filters);
  const store = useMemo(
    () => shared(client, "events", stable, (forget) => new EventsStore(client, stable, forget)),
    [client, stable],
  );
  const state = useSyncExternalStore(store.subscribe, store.getSnapshot, noEvents);
  const { fetchNextPage, refetch, refresh } = store;
  useInterval(store.poll, refreshMs);
  useWake(useCallback(() => store.recover(), [store]));
  return { ...state, fetchNextPage, refetch, refresh, sentinelRef: useSentinel(state, fetchNextPage) };
}

/**
 * Fetch the next page when the sentinel is in view. Observe the sentinel again after every page, because it may still be
 * in view, but not after an error.
 */
function useSentinel(
  state: EventsState,
  fetchNextPage: () => Promise<void>,
): (element: Element | null) => void {
  const [sentinel, setSentinel] = useState<Element | null>(null);
  useEffect(() => {
    if (!sentinel || !state.hasNextPage || state.error || typeof IntersectionObserver === "undefined")
      return undefined;
    const observer = new IntersectionObserver((entries) => {
      // On a busy page, one call has several entries, and only the last one is current.
      if (entries.at(-1)?.isIntersecting) void fetchNextPage();
    });
    observer.observe(sentinel);
    return () => observer.disconnect();
  }, [sentinel, state, fetchNextPage]);
  return setSentinel;
}

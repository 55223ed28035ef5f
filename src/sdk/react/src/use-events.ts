import type { EventFilters } from "@acme/analytics-sdk";
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { shared, useStable } from "./cache.ts";
import { type EventsState, EventsStore, NO_EVENTS } from "./events-store.ts";
import { useAnalytics } from "./provider.tsx";
import { useInterval } from "./use-interval.ts";
import { useWake } from "./use-wake.ts";

export interface EventsOptions {
  /** Look for new events every so many milliseconds while the page is seen. Default: never. */
  readonly refreshMs?: number | undefined;
}

export interface EventsResult extends EventsState {
  readonly fetchNextPage: () => Promise<void>;
  /** Starts again from the first page. */
  readonly refetch: () => Promise<void>;
  /** Puts what has come since in its place. */
  readonly refresh: () => Promise<void>;
  /** Put it on an element at the end of the list: when it comes into view, the next page is fetched. */
  readonly sentinelRef: (element: Element | null) => void;
}

const noEvents = (): EventsState => NO_EVENTS;

/** The events that match, page by page. Components that ask the same share one list. */
export function useEvents(filters: EventFilters = {}, { refreshMs }: EventsOptions = {}): EventsResult {
  const client = useAnalytics();
  const stable = useStable(filters);
  const store = useMemo(
    () => shared(client, "events", stable, (forget) => new EventsStore(client, stable, forget)),
    [client, stable],
  );
  const state = useSyncExternalStore(store.subscribe, store.getSnapshot, noEvents);
  const { fetchNextPage, refetch, refresh } = store;
  useInterval(refresh, refreshMs);
  useWake(useCallback(() => store.recover(), [store]));
  return { ...state, fetchNextPage, refetch, refresh, sentinelRef: useSentinel(state, fetchNextPage) };
}

/** Watches anew after every page: the sentinel may still be in view. After an error it waits for a retry. */
function useSentinel(
  state: EventsState,
  fetchNextPage: () => Promise<void>,
): (element: Element | null) => void {
  const [sentinel, setSentinel] = useState<Element | null>(null);
  useEffect(() => {
    if (!sentinel || !state.hasNextPage || state.error || typeof IntersectionObserver === "undefined")
      return undefined;
    const observer = new IntersectionObserver(([entry]) => {
      if (entry?.isIntersecting) void fetchNextPage();
    });
    observer.observe(sentinel);
    return () => observer.disconnect();
  }, [sentinel, state, fetchNextPage]);
  return setSentinel;
}

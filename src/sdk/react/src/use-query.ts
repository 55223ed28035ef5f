import type { AnalyticsClient, ReadOptions } from "@acme/analytics-sdk";
import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { keyOf, shared, useStable } from "./cache.ts";
import { useAnalytics } from "./provider.tsx";
import { initialState, type QueryState, QueryStore } from "./query-store.ts";
import { useInterval } from "./use-interval.ts";
import { useWake } from "./use-wake.ts";

/** Options of hooks that return data for some parameters. */
export interface QueryOptions<Data> {
  /** Data that a server has rendered for the first parameters. They are shown immediately and refreshed when stale. */
  readonly initialData?: Data | undefined;
  /** How long fetched data are fresh, in milliseconds. Default: 30,000. */
  readonly staleMs?: number;
  /** The refresh interval in milliseconds while the page is visible. Default: never. */
  readonly refreshMs?: number | undefined;
  /** Whether stale data are refreshed when the page gets the focus. Default: true. */
  readonly refreshOnFocus?: boolean;
}

export interface QueryResult<Data> extends QueryState<Data> {
  readonly refetch: () => Promise<void>;
}

/** How a hook fetches its data. */
export interface Source<Params, Data> {
  /** Distinguishes the hook's data from the data of other hooks with the same parameters. */
  readonly name: string;
  /** Fetch the data. It may return `known` if these data haven't changed. */
  readonly read: (
    client: AnalyticsClient,
    params: Params,
    options: ReadOptions,
    known: Data | undefined,
  ) => Promise<Data>;
  /** Return whether data from a server can belong to the parameters. */
  readonly fits: (data: Data, params: Params) => boolean;
}

/**
 * Return the data for the parameters. Cached data are returned immediately and refreshed in the background.
 * Components with the same parameters share one request.
 */
export function useQuery<Params extends object, Data extends object>(
  source: Source<Params, Data>,
  params: Params,
  options: QueryOptions<Data>,
): QueryResult<Data> {
  const client = useAnalytics();
  const stable = useStable(params);
  const data = useInitialData(source, stable, options.initialData);
  const initial = useMemo(() => initialState(data), [data]);
  const store = useMemo(
    () =>
      shared(client, source.name, stable, (forget) => {
        return new QueryStore<Data>((...how) => source.read(client, stable, ...how), initial, forget);
      }),
    [client, source, stable, initial],
  );
  const state = useSyncExternalStore(store.subscribe, store.getSnapshot, () => initial);
  useRevalidation(store, options);
  return { ...state, refetch: store.refetch };
}

/** Return the initial data, unless they belong to other parameters. */
function useInitialData<Params extends object, Data extends object>(
  { fits }: Source<Params, Data>,
  params: Params,
  data: Data | undefined,
): Data | undefined {
  const key = keyOf(params);
  const [given, setGiven] = useState({ data, key });
  const isSame = given.data === data || JSON.stringify(given.data) === JSON.stringify(data);
  const current = isSame ? given : { data, key };
  if (!isSame) setGiven(current);
  const { data: initial } = current;
  return initial && current.key === key && fits(initial, params) ? initial : undefined;
}

function useRevalidation<Data extends object>(
  store: QueryStore<Data>,
  { staleMs = 30_000, refreshMs, refreshOnFocus = true }: QueryOptions<Data>,
): void {
  useEffect(() => store.revalidate(staleMs), [store, staleMs]);
  useWake(
    useCallback(() => store.revalidate(staleMs, true), [store, staleMs]),
    refreshOnFocus,
  );
  useInterval(store.poll, refreshMs);
}

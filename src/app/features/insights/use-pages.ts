"use client";

import type { AnalyticsError } from "@acme/analytics-sdk";
import { useCallback, useEffect, useState } from "react";
import { type PagedList, withPage } from "@/ui/paged-list";

/** Reads a page of a list: the first one if the cursor is null. */
export type ReadPage<T> = (cursor: string | null, signal?: AbortSignal) => Promise<PagedList<T>>;

interface Pages<T> {
  readonly list: PagedList<T> | undefined;
  readonly error: AnalyticsError | undefined;
  /** Add the page at the cursor, or read the first page again. */
  readonly load: (cursor: string | null) => void;
}

/** Read a list in pages. Another function reads another list, so the caller must memoize it. */
export function usePages<T>(read: ReadPage<T>): Pages<T> {
  const [state, setState] = useState<Omit<Pages<T>, "load"> & { readonly read: ReadPage<T> }>();
  const load = useCallback(
    (cursor: string | null, signal?: AbortSignal): void => {
      read(cursor, signal).then(
        (page) =>
          setState((shown) => {
            const known = shown?.read === read ? shown.list : undefined;
            const list = known && cursor !== null ? withPage(known, cursor, page) : page;
            return { read, list, error: undefined };
          }),
        (error: AnalyticsError) => {
          if (signal?.aborted) return;
          setState((shown) => ({ read, list: shown?.read === read ? shown.list : undefined, error }));
        },
      );
    },
    [read],
  );
  useEffect(() => {
    const abort = new AbortController();
    load(null, abort.signal);
    return () => abort.abort();
  }, [load]);
  const current = state?.read === read ? state : undefined;
  return { list: current?.list, error: current?.error, load };
}

"use client";

import { useCallback, useMemo } from "react";
import type { Day } from "@/features/dashboard/days";
import { pushQuery, useQuery } from "@/ui/use-query";
import type { Read } from "./address";

interface ReadQuestion<State> extends Read<State> {
  readonly change: (change: Partial<State>) => void;
}

/** Return the question of the page's URL and a function that changes it. Each change adds an entry to the history. */
export function useQuestion<State>(
  read: (search: URLSearchParams, today: Day) => Read<State>,
  write: (state: State) => string,
  today: Day,
): ReadQuestion<State> {
  const query = useQuery();
  const { state, problems } = useMemo(() => read(new URLSearchParams(query), today), [read, query, today]);
  const change = useCallback(
    (changed: Partial<State>) => pushQuery(write({ ...state, ...changed })),
    [write, state],
  );
  return { state, problems, change };
}

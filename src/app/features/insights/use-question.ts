"use client";

import { useCallback, useMemo } from "react";
import { useToday } from "@/features/clock/clock";
import type { Today } from "@/features/dashboard/days";
import { openedIn, withOpened } from "@/features/views/saved";
import { pushQuery, useQuery } from "@/ui/use-query";
import type { Read } from "./address";

interface ReadQuestion<State> extends Read<State> {
  /** Consecutive changes of the same group are one entry of the history. */
  readonly change: (change: Partial<State>, group?: string) => void;
}

/** Return the question of the page's URL and a function that changes it. Each change adds an entry to the history. */
export function useQuestion<State>(
  read: (search: URLSearchParams, today: Today) => Read<State>,
  write: (state: State) => string,
): ReadQuestion<State> {
  const today = useToday();
  const query = useQuery();
  const { state, problems } = useMemo(() => read(new URLSearchParams(query), today), [read, query, today]);
  const change = useCallback(
    (changed: Partial<State>, group?: string) =>
      pushQuery(withOpened(write({ ...state, ...changed }), openedIn(query)), group),
    [write, state, query],
  );
  return { state, problems, change };
}

"use client";

import { useCallback, useMemo } from "react";
import type { Day } from "./days";
import { type Filters, filtersFrom, type ReadFilters, searchOf } from "./filters";
import { pushQuery, useQuery } from "./use-query";

export type ChangeFilters = (change: Partial<Filters>) => void;

/** The filters that the address says, and the way to change them: a step that Back undoes. */
export function useFilters(today: Day): ReadFilters & { readonly change: ChangeFilters } {
  const query = useQuery();
  const read = useMemo(() => filtersFrom(new URLSearchParams(query), today), [query, today]);
  const change = useCallback(
    (changed: Partial<Filters>) => pushQuery(searchOf({ ...read.filters, ...changed })),
    [read],
  );
  return { ...read, change };
}

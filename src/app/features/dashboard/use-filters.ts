"use client";

import { useCallback, useEffect, useMemo, useState } from "react";
import { pushQuery, useQuery } from "@/ui/use-query";
import { currentDay, type Day } from "./days";
import { type Filters, filtersFrom, type ReadFilters, searchOf } from "./filters";

const CHECK_DAY_MS = 60_000;

export type ChangeFilters = (change: Partial<Filters>) => void;

/** Return the filters of the page's URL and a function that changes them. Each change adds an entry to the history. */
export function useFilters(today: Day): ReadFilters & { readonly change: ChangeFilters } {
  const query = useQuery();
  const read = useMemo(() => filtersFrom(new URLSearchParams(query), today), [query, today]);
  const change = useCallback(
    (changed: Partial<Filters>) => pushQuery(searchOf({ ...read.filters, ...changed })),
    [read],
  );
  return { ...read, change };
}

/** Return the current UTC day, and update it while the page is open. */
export function useToday(rendered: Day): Day {
  const [today, setToday] = useState(rendered);
  useEffect(() => {
    const timer = setInterval(() => setToday(currentDay()), CHECK_DAY_MS);
    return () => clearInterval(timer);
  }, []);
  return today;
}

"use client";

import { usePathname, useSearchParams } from "next/navigation";
import { useCallback, useMemo } from "react";
import type { Day } from "./days";
import { type Filters, filtersFrom, type ReadFilters, searchOf } from "./filters";

export type ChangeFilters = (change: Partial<Filters>) => void;

/** The filters that the address says, and the way to change them: a step that Back undoes. */
export function useFilters(today: Day): ReadFilters & { readonly change: ChangeFilters } {
  const search = useSearchParams();
  const path = usePathname();
  const read = useMemo(() => filtersFrom(new URLSearchParams(search), today), [search, today]);
  const change = useCallback(
    (changed: Partial<Filters>) => {
      const query = searchOf({ ...read.filters, ...changed });
      const next = query ? `${path}?${query}` : path;
      // Nothing of it needs the server: no round trip. What is shown already is no step.
      if (next !== location.pathname + location.search) window.history.pushState(null, "", next);
    },
    [read, path],
  );
  return { ...read, change };
}

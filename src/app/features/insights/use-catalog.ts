"use client";

import { useAnalytics } from "@acme/analytics-react";
import { listProperties, type PropertyDescription } from "@acme/analytics-sdk/insights";
import { useEffect, useMemo, useState } from "react";
import type { DayRange } from "@/features/dashboard/days";
import { useEventTypes } from "@/features/dashboard/use-event-types";
import { type Catalog, catalogOf } from "./catalog";

const REFRESH_MS = 60_000;
const NONE: readonly PropertyDescription[] = [];

/** Return the event types and the properties of the range. The pickers also work while these are loading. */
export function useCatalog({ start_date, end_date }: DayRange): Catalog {
  const client = useAnalytics();
  const { counts } = useEventTypes({ start_date, end_date }, REFRESH_MS);
  const [properties, setProperties] = useState(NONE);
  useEffect(() => {
    const abort = new AbortController();
    listProperties(client, { start_date, end_date }, { signal: abort.signal }).then(
      ({ data }) => setProperties(data),
      () => undefined, // the result reports the same failure
    );
    return () => abort.abort();
  }, [client, start_date, end_date]);
  return useMemo(
    () => catalogOf(counts?.map(({ event_type }) => event_type) ?? [], properties),
    [counts, properties],
  );
}

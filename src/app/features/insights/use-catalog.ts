"use client";

import { useAnalytics } from "@acme/analytics-react";
import type { EventTypeCount } from "@acme/analytics-sdk";
import { listProperties, type PropertyDescription } from "@acme/analytics-sdk/insights";
import { useEffect, useMemo, useState } from "react";
import { useZone } from "@/features/clock/clock";
import { timesOf } from "@/features/clock/zones";
import { addDays, type DayRange, lengthOf } from "@/features/dashboard/days";
import { type Catalog, catalogOf } from "./catalog";

/** The longest range for which the API lists types and properties. */
const DAYS_MAX = 366;
const NO_TYPES: readonly EventTypeCount[] = [];
const NO_PROPERTIES: readonly PropertyDescription[] = [];

/** Return the event types and the properties of the range. The pickers also work while these are loading. */
export function useCatalog(range: DayRange): Catalog {
  const client = useAnalytics();
  const [types, setTypes] = useState(NO_TYPES);
  const [properties, setProperties] = useState(NO_PROPERTIES);
  const { start_date, end_date } = utcDaysOf(range, useZone());
  useEffect(() => {
    const abort = new AbortController();
    const days = { start_date, end_date };
    const ignore = (): void => undefined; // the result reports the same failure
    const { signal } = abort;
    client.getEventTypes(days, { signal }).then(({ event_types }) => setTypes(event_types), ignore);
    listProperties(client, days, { signal }).then(({ data }) => setProperties(data), ignore);
    return () => abort.abort();
  }, [client, start_date, end_date]);
  return useMemo(
    () =>
      catalogOf(
        types.map(({ event_type }) => event_type),
        properties,
      ),
    [types, properties],
  );
}

/** Return the UTC days that contain the local days, or the last ones if there are too many. */
export function utcDaysOf(range: DayRange, zone: string): DayRange {
  const { start_date, end_date } = timesOf(range, zone);
  const days = { start_date: start_date.slice(0, 10), end_date: end_date.slice(0, 10) };
  if (lengthOf(days) <= DAYS_MAX) return days;
  return { ...days, start_date: addDays(days.end_date, 1 - DAYS_MAX) };
}

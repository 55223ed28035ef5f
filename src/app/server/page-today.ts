import "server-only";
import { localDay, zoneOf } from "@/features/clock/zones";
import type { Today } from "@/features/dashboard/days";
import { pageToken } from "./access-token";
import { getCaller } from "./analytics-api";

/** Return the current day in the time zone of the path's organisation, or in UTC if the organisation can't be read. */
export async function pageToday(): Promise<Today> {
  const timezone = await pageToken()
    .then(getCaller)
    .then(zoneOf, () => "UTC");
  return { day: localDay(Date.now(), timezone), timezone };
}

"use client";

import { useAnalytics } from "@acme/analytics-react";
import type { AnalyticsError, Event } from "@acme/analytics-sdk";
import { useEffect, useState } from "react";
import { useZone } from "@/features/clock/clock";
import { addDays } from "@/features/dashboard/days";
import { formatTime } from "@/features/dashboard/format";
import { messageOfError } from "@/features/errors/error-messages";
import { ErrorText } from "@/features/errors/error-text";
import { keyOf } from "./event-address";

/** The number of events before the event, and after it. */
const NEARBY = 5;
/** Events that the reader passes faster with the arrow keys cause no requests. */
const PAUSE_MS = 250;
/** How far other events may be away. */
const DAYS = 366;

/** The user's events directly before and after this one, oldest first. */
export function NearbyEvents({ event }: { readonly event: Event }) {
  const zone = useZone();
  const { events, error } = useNearby(event);
  return (
    <section aria-label="Events of the user">
      <h3 className="pb-1 font-medium">The user&apos;s events before and after</h3>
      {error ? (
        <ErrorText error={messageOfError(error)} role="alert" />
      ) : events ? (
        <ol>
          {events.map((one) => (
            <li
              key={keyOf(one)}
              aria-current={keyOf(one) === keyOf(event)}
              className="flex flex-wrap justify-between gap-x-3 py-0.5 aria-current:font-semibold"
            >
              <span className="wrap-anywhere">{one.event_type}</span>
              <span className="text-muted tabular-nums">{formatTime(one.timestamp, zone)}</span>
            </li>
          ))}
        </ol>
      ) : (
        <p className="text-muted">Loading…</p>
      )}
    </section>
  );
}

interface Nearby {
  readonly events?: readonly Event[];
  readonly error?: AnalyticsError;
}

/** Read the user's events before and after the event, with the event between them. */
function useNearby(event: Event): Nearby {
  const client = useAnalytics();
  const [found, setFound] = useState<Nearby>({});
  useEffect(() => {
    const abort = new AbortController();
    const options = { signal: abort.signal };
    const { user_id, timestamp } = event;
    const limit = NEARBY + 1;
    const [first, last] = [-DAYS, DAYS].map((days) => addDays(timestamp.slice(0, 10), days));
    const read = async (): Promise<readonly Event[]> => {
      const [before, after] = await Promise.all([
        client.listEvents({ user_id, start_date: first, end_date: timestamp, limit }, options),
        client.listEvents({ user_id, start_date: timestamp, end_date: last, order: "asc", limit }, options),
      ]);
      return nearby(event, [...before.data, ...after.data]);
    };
    const show = (): void => {
      read().then(
        (events) => setFound({ events }),
        (error: AnalyticsError) => {
          if (!abort.signal.aborted) setFound({ error });
        },
      );
    };
    const timer = setTimeout(show, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [client, event]);
  return found;
}

/** Return the events around the event, oldest first. Events at the same time are in both lists, but shown once. */
function nearby(event: Event, found: readonly Event[]): readonly Event[] {
  const events = new Map([...found, event].map((one) => [keyOf(one), one]));
  const keys = [...events.keys()].sort();
  const place = keys.indexOf(keyOf(event));
  return keys.slice(Math.max(0, place - NEARBY), place + NEARBY + 1).map((key) => events.get(key)!);
}

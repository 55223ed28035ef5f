"use client";

import type { Event } from "@acme/analytics-sdk";
import Link from "next/link";
import { useRef } from "react";
import { usePath } from "@/features/auth/session-provider";
import { useToday } from "@/features/clock/clock";
import { localDay } from "@/features/clock/zones";
import { addDays } from "@/features/dashboard/days";
import { usualInterval, USUAL_COMPARISON } from "@/features/filters/intervals";
import { type Dates, presetDates, USUAL } from "@/features/filters/ranges";
import type { Scalar } from "@/features/insights/attributes";
import { searchOfTrends } from "@/features/insights/trends-question";
import { CopyButton } from "@/ui/copy-button";

const DAYS = 30;
/** The longest text that a filter of the API accepts. */
const VALUE_MAX = 1_024;

/** The properties of an event. Links show the trend of the events with the same value, or without it. */
export function EventProperties({ event }: { readonly event: Event }) {
  const properties = Object.entries(event.properties);
  return (
    <section aria-label="Properties">
      <h3 className="pb-1 font-medium">Properties</h3>
      {properties.length ? (
        <ul className="divide-y divide-line">
          {properties.map(([name, value]) => (
            <Property key={name} event={event} name={name} value={value} />
          ))}
        </ul>
      ) : (
        <p className="text-muted">This event has no properties.</p>
      )}
    </section>
  );
}

interface PropertyProps {
  readonly event: Event;
  readonly name: string;
  readonly value: unknown;
}

function Property({ event, name, value }: PropertyProps) {
  const text = useRef<HTMLSpanElement>(null);
  const trendOf = useTrendOf(event, name);
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1 py-1.5">
      <span className="min-w-32 grow basis-0 wrap-anywhere">
        <span className="text-muted">{name}</span> <br />
        <span ref={text}>{typeof value === "string" ? value : JSON.stringify(value)}</span>
      </span>
      <span className="flex gap-1.5">
        {isFilterable(value) && (
          <>
            <Link className="button" href={trendOf("is", value)} prefetch={false}>
              Filter<span className="sr-only"> by {name}</span>
            </Link>
            <Link className="button" href={trendOf("is_not", value)} prefetch={false}>
              Exclude<span className="sr-only"> this {name}</span>
            </Link>
          </>
        )}
        <CopyButton of={text} label="Copy" name={name} />
      </span>
    </li>
  );
}

/** Return a function that returns the address of the trend of the event's type, filtered by the property. */
function useTrendOf(event: Event, property: string): (operator: "is" | "is_not", value: Scalar) => string {
  const explore = usePath()("explore");
  const { day: today, timezone } = useToday();
  const day = localDay(event.timestamp, timezone);
  const isRecent = day > addDays(today, -DAYS) && day <= today;
  const dates: Dates = isRecent
    ? presetDates(USUAL, today)
    : { range: { start_date: addDays(day, 1 - DAYS), end_date: day }, preset: undefined };
  return (operator, value) => {
    const search = searchOfTrends({
      dates,
      timezone,
      filters: [{ property: pointerTo(property), operator, values: [value] }],
      series: [{ event_type: event.event_type, filters: [] }],
      by: undefined,
      interval: usualInterval(dates.range),
      compare: USUAL_COMPARISON,
    });
    return `${explore}?${search}`;
  };
}

/** Return whether filters can compare with the value. */
function isFilterable(value: unknown): value is Scalar {
  return typeof value === "string" ? value.length <= VALUE_MAX : ["number", "boolean"].includes(typeof value);
}

/** Return the name of a property for a filter. A name that begins with a slash would be a JSON Pointer. */
function pointerTo(name: string): string {
  return name.startsWith("/") ? `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}` : name;
}

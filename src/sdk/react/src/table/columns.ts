import type { Event } from "@acme/analytics-sdk";
import type { ReactNode } from "react";

/** How times and numbers are written. */
export interface Format {
  /** A BCP 47 language tag, such as `de-DE`. Default: the browser's language. */
  readonly locale?: string | undefined;
  /** An IANA time zone, such as `Europe/Berlin`. Default: the browser's time zone. */
  readonly timeZone?: string | undefined;
}

/** A column of the table. */
export interface Column {
  /** The title in the table's header. It must be unique among the columns. */
  readonly title: string;
  /** Returns the content of the event's cell. */
  readonly cell: (event: Event, format: Format) => ReactNode;
  /** The column's width as a CSS grid track, such as `12rem` or `2fr`. Default: `1fr`. */
  readonly width?: string;
}

/** The default columns: time, event type, user and properties. */
export const COLUMNS: readonly Column[] = [
  { title: "Time", cell: ({ timestamp }, format) => timeOf(timestamp, format), width: "14rem" },
  { title: "Event", cell: ({ event_type }) => event_type },
  { title: "User", cell: ({ user_id }) => user_id },
  { title: "Properties", cell: ({ properties }) => summaryOf(properties), width: "2fr" },
];

function timeOf(timestamp: string, { locale, timeZone }: Format): string {
  return new Date(timestamp).toLocaleString(locale, { dateStyle: "medium", timeStyle: "medium", timeZone });
}

function summaryOf(properties: Event["properties"]): string {
  return Object.entries(properties)
    .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" · ");
}

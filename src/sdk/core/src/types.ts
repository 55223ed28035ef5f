import type * as api from "./api.gen.ts";

/** Event names and their properties, unchecked: what a client without a map of its own takes. */
export type AnyEvents = Readonly<Record<string, object | undefined>>;

type Named<Name, Properties> = Omit<api.EventPayload, "event_type" | "properties"> & {
  readonly event_type: Name;
} & (undefined extends Properties
    ? { readonly properties?: Properties }
    : object extends Properties
      ? { readonly properties?: Properties }
      : { readonly properties: Properties });

/**
 * One event to send. With a map, its name and its properties are checked against the map:
 * `EventPayload<{ signed_up: { plan: string } }>`.
 */
export type EventPayload<Events extends object = AnyEvents> = {
  [Name in keyof Events & string]: Named<Name, Events[Name]>;
}[keyof Events & string];

/** An event as stored; its time is in UTC. */
export type Event = api.StoredEvent;

/** Which events to list. Dates are whole UTC days, times RFC 3339; both ends are included. */
export interface EventFilters extends Omit<api.QueryEventsQuery, "cursor" | "event_type"> {
  /** One event type, or several: any of them. */
  readonly event_type?: string | readonly string[] | undefined;
}

/** Which metrics to summarise, over which days. Without `metrics`: all of them. */
export type MetricsParams = Omit<api.SummarizeMetricsQuery, "metrics[]">;

/** Over which days to count event types. */
export type EventTypesParams = api.ListEventTypesQuery;

export type {
  CallerDescription as Caller,
  CallerOrganization,
  DailyValue,
  EventList,
  EventTypeCount,
  EventTypeList,
  MetricsSummary,
  MetricSummary,
  ProblemField,
} from "./api.gen.ts";

import type * as api from "./api.gen.ts";

/** Event names and their properties, unchecked: the default of a client without a type map. */
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

/** Filters of a list of events. Dates are whole UTC days, times are RFC 3339; both ends are included. */
export interface EventFilters extends Omit<api.QueryEventsQuery, "cursor" | "event_type"> {
  /** One event type, or several of which any matches. */
  readonly event_type?: string | readonly string[] | undefined;
}

/** The metrics to summarise and the days. Without `metrics`: all of them. */
export type MetricsParams = Omit<api.SummarizeMetricsQuery, "metrics[]">;

/** The days over which event types are counted. */
export type EventTypesParams = api.ListEventTypesQuery;

export type {
  AccessToken,
  ApiKeyDescription,
  ApiKeyList,
  CallerDescription as Caller,
  CallerOrganization,
  CreatedApiKey,
  DailyValue,
  EventList,
  EventTypeCount,
  EventTypeList,
  Health,
  MetricsSummary,
  MetricSummary,
  NewApiKey,
  Problem,
  ProblemField,
  TokenExchangeGrant,
} from "./api.gen.ts";

import type * as api from "./api.gen.ts";

/** The default type map, which allows any event names and properties. */
export type AnyEvents = Readonly<Record<string, object | undefined>>;

type Named<Name, Properties> = Omit<api.EventPayload, "event_type" | "properties"> & {
  readonly event_type: Name;
} & (undefined extends Properties
    ? { readonly properties?: Properties }
    : object extends Properties
      ? { readonly properties?: Properties }
      : { readonly properties: Properties });

/**
 * One event to send. A type map such as `EventPayload<{ signed_up: { plan: string } }>` restricts its name and its
 * properties.
 */
export type EventPayload<Events extends object = AnyEvents> = {
  [Name in keyof Events & string]: Named<Name, Events[Name]>;
}[keyof Events & string];

/** A stored event. Its time is in UTC. */
export type Event = api.StoredEvent;

/** Filters for events. Dates are whole UTC days, and times are RFC 3339. A range includes both ends. */
export interface EventFilters extends Omit<api.QueryEventsQuery, "cursor" | "event_type"> {
  /** One event type, or a list. An event matches if its type is in the list. */
  readonly event_type?: string | readonly string[] | undefined;
}

/** The metrics to summarise and the range of days. Default: all metrics. */
export type MetricsParams = Omit<api.SummarizeMetricsQuery, "metrics[]">;

/** The days over which event types are counted. */
export type EventTypesParams = api.ListEventTypesQuery;

export type {
  ApiKeyDescription,
  ApiKeyList,
  AuditEntryDescription,
  AuditLog,
  CreatedApiKey,
  CreatedInvitation,
  ErasureDescription,
  InvitationDescription,
  InvitationList,
  Joined,
  MemberDescription,
  MemberList,
  NewApiKey,
  NewInvitation,
  OrganizationChange,
  OrganizationDescription,
  ReceiptDescription,
  RoleChange,
} from "./administration.gen.ts";
export type {
  AlertChange,
  AlertCheck,
  AlertCondition,
  AlertDelivery,
  AlertDescription,
  AlertList,
  AlertSecret,
  AlertTest,
  NewAlert,
} from "./alerts.gen.ts";
export type {
  AccessToken,
  CallerDescription as Caller,
  CallerOrganization,
  DailyValue,
  EventList,
  EventTypeCount,
  EventTypeList,
  Health,
  MetricsSummary,
  MetricSummary,
  MonthUsage,
  OpenedShare,
  Problem,
  ProblemField,
  TokenExchangeGrant,
  Usage,
} from "./api.gen.ts";
export type {
  AnnotationChange,
  AnnotationDescription,
  AnnotationList,
  BoardChange,
  BoardDescription,
  BoardList,
  CreatedShare,
  NewAnnotation,
  NewBoard,
  NewShare,
  NewView,
  ShareDescription,
  ShareList,
  ViewChange,
  ViewDescription,
  ViewList,
} from "./views.gen.ts";

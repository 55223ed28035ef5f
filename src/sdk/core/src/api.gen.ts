// Generated from the API's OpenAPI document by `make sdk-types`. Do not edit.

/** A bearer token with its scope and lifetime. */
export interface AccessToken {
  readonly access_token: string;
  readonly token_type?: "Bearer" | undefined;
  /** Seconds */
  readonly expires_in: number;
  /** Separated by spaces */
  readonly scope: string;
  /** Only for a token exchange (RFC 8693) */
  readonly issued_token_type?: string | null | undefined;
}

/** An organisation's API key, exchanged for an access token. */
export interface ApiKeyGrant {
  /** Some of the credential's scopes, separated by spaces; by default all of them */
  readonly scope?: string | undefined;
  /** The token reads the events of this user only: its scope is `events:read` */
  readonly user_id?: string | undefined;
  readonly api_key: string;
}

/** A credential, and 1 to 100 events, each with an `event_id` and a `timestamp`. */
export interface BeaconBatch {
  readonly api_key?: string | null | undefined;
  readonly access_token?: string | null | undefined;
  readonly events: readonly EventPayload[];
  /** As in POST /api/v1/events */
  readonly sent_at?: string | null | undefined;
}

/** The caller of the request (a user or an API key), with its role and its organisations. */
export interface CallerDescription {
  readonly subject: string;
  readonly kind: "user" | "api_key";
  /** The organisation the token is for */
  readonly org_id: string;
  /** The user's role in it; null for an API key */
  readonly role: string | null;
  readonly scopes: readonly string[];
  /** For a user, all their organisations; for a secret or read key, its organisation; empty for a publishable key and for a key's token without `events:read` */
  readonly organizations: readonly CallerOrganization[];
}

/** An organisation that the caller may act for, and the caller's role in it. */
export interface CallerOrganization {
  readonly org_id: string;
  readonly name: string;
  readonly plan: string;
  readonly created_at: string;
  readonly timezone: string;
  readonly role: string | null;
}

/** A metric's value on one day.

The value is null if a gauge has no reading, and while the day's distinct users are being
rebuilt. */
export interface DailyValue {
  readonly date: string;
  readonly value: number | null;
}

/** The number of events that were received on a UTC day. */
export interface DayUsage {
  readonly date: string;
  readonly events: number;
}

/** 1 to 100 events of up to 32 KiB each, and up to 1 MiB in total after decompression. */
export interface EventBatch {
  readonly events: readonly EventPayload[];
  /** The time of this attempt by the sender's clock (RFC 3339). It may differ between retries with the same Idempotency-Key. Alternatively, send the header X-Analytics-Sent-At */
  readonly sent_at?: string | null | undefined;
}

/** The reason why an event was rejected. */
export interface EventError {
  /** JSON Pointer into the request */
  readonly pointer: string;
  /** Stable, for programs */
  readonly code: string;
  /** How to correct the field */
  readonly detail: string;
}

/** A page of events. `next_cursor` is null on the last page only. */
export interface EventList {
  readonly data: readonly StoredEvent[];
  readonly next_cursor: string | null;
}

/** The result of one event of the request. */
export interface EventOutcome {
  readonly index: number;
  readonly event_id: string | null;
  readonly status: "created" | "duplicate" | "rejected";
  readonly error?: EventError | null | undefined;
}

/** One event as the client sends it.

An event with an `event_id` must also have a `timestamp`. */
export interface EventPayload {
  readonly event_id?: string | null | undefined;
  /** At most 256 bytes of UTF-8; (other) is reserved */
  readonly event_type: string;
  readonly user_id: string;
  /** RFC 3339 with an offset and at most 6 fraction digits; at most 24 hours in the future */
  readonly timestamp?: string | null | undefined;
  readonly properties?: Readonly<Record<string, unknown>> | undefined;
  /** By default, the source of the credential. Only a secret key or a user may send `trusted`; they may also send `public`, to import an exported event unchanged */
  readonly source?: EventSource | null | undefined;
  /** Optional; must be the token's organisation */
  readonly org_id?: string | null | undefined;
  /** The correction, in milliseconds, that the sender had already added to its clock when it set `timestamp` */
  readonly clock_offset_ms?: number | undefined;
  /** The value of an exported event, to import it unchanged */
  readonly clock_skew_ms?: number | null | undefined;
  /** Ignored, so that an exported event can be imported unchanged. The time at which the API receives this request is stored */
  readonly received_at?: string | null | undefined;
}

export type EventSource = "public" | "trusted";

/** The number of events of one type in the range. */
export interface EventTypeCount {
  readonly event_type: string;
  readonly count: number;
}

/** The event types of the range, most frequent first. */
export interface EventTypeList {
  readonly org_id: string;
  readonly start_date: string;
  readonly end_date: string;
  readonly event_types: readonly EventTypeCount[];
}

/** The state of the service and its store. */
export interface Health {
  readonly status?: "ok" | undefined;
  readonly store?: "reachable" | undefined;
  readonly version: string;
}

/** The results of all events of the request.

`warnings` is present only if there are warnings. */
export interface IngestResponse {
  readonly created: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly results: readonly EventOutcome[];
  readonly warnings?: readonly IngestWarning[] | null | undefined;
}

/** A warning about a request whose events are stored.

Only the warning `event_types_not_named` has `event_types`: the types counted as `(other)`. */
export interface IngestWarning {
  readonly code: "clock_skew" | "event_types_not_named" | "quota_nearly_used";
  readonly detail: string;
  readonly event_types?: readonly string[] | null | undefined;
}

/** The query of `list_event_types`. */
export interface ListEventTypesQuery {
  /** Optional; must be the token's organisation */
  readonly org_id?: string | null | undefined;
  readonly start_date?: string | null | undefined;
  readonly end_date?: string | null | undefined;
}

/** The requested metrics, with a value for every day of the range. */
export interface MetricsSummary {
  readonly org_id: string;
  readonly start_date: string;
  readonly end_date: string;
  readonly metrics: readonly MetricSummary[];
}

/** A metric's daily values and its total. Gauges have no total.

The total of a `unique` metric is the number of distinct users in the whole range. The total is
null while the users of a day in the range are being rebuilt. */
export interface MetricSummary {
  readonly name: string;
  readonly kind: "count" | "sum" | "gauge" | "unique";
  readonly total: number | null;
  /** The ISO 4217 code of amounts of money; null for other metrics */
  readonly currency?: string | null | undefined;
  readonly daily: readonly DailyValue[];
}

/** The number of events that were received in a month (UTC), in total and per day. */
export interface MonthUsage {
  readonly month: string;
  readonly events: number;
  readonly daily: readonly DayUsage[];
}

/** An access token for the view's result, and what the page of the link shows. */
export interface OpenedShare {
  readonly access_token: string;
  readonly token_type?: "Bearer" | undefined;
  /** Seconds */
  readonly expires_in: number;
  readonly scope: string;
  /** When the link expires */
  readonly expires_at: string;
  readonly view: OpenedView;
  readonly organization: SharingOrganization;
}

/** The view that a share link shows. */
export interface OpenedView {
  readonly name: string;
  readonly page: "overview" | "explore" | "funnels" | "retention" | "users" | "live";
  /** The query string of the page's address */
  readonly state: string;
}

/** The reason why a request failed, and how to correct it. */
export interface Problem {
  /** Identifies the kind of problem */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Stable, for programs */
  readonly code: string;
  readonly request_id: string;
  /** The invalid fields, if any */
  readonly errors?: readonly ProblemField[] | undefined;
}

/** An invalid field. */
export interface ProblemField {
  /** JSON Pointer into the request */
  readonly pointer: string;
  /** Stable, for programs */
  readonly code: string;
  /** How to correct the field */
  readonly detail: string;
}

/** The query of `query_events`. */
export interface QueryEventsQuery {
  /** Optional; must be the token's organisation */
  readonly org_id?: string | null | undefined;
  /** A token that is bound to one user lists this user's events by default, and no other user's */
  readonly user_id?: string | null | undefined;
  /** May be repeated, to list events of any of these types */
  readonly event_type?: readonly string[] | undefined;
  /** A date (the whole UTC day) or an RFC 3339 time, inclusive */
  readonly start_date?: string | null | undefined;
  /** Like start_date, inclusive */
  readonly end_date?: string | null | undefined;
  readonly limit?: number | undefined;
  /** `next_cursor` of the previous page */
  readonly cursor?: string | null | undefined;
  readonly order?: "asc" | "desc" | undefined;
}

/** The query of `report_usage`. */
export interface ReportUsageQuery {
  /** Optional; must be the token's organisation */
  readonly org_id?: string | null | undefined;
  /** The current month and the months before it */
  readonly months?: number | undefined;
}

/** The secret of a share link, exchanged for an access token. */
export interface ShareGrant {
  readonly secret: string;
}

/** The organisation that shares the view. */
export interface SharingOrganization {
  readonly name: string;
  /** The IANA time zone in which its days begin */
  readonly timezone: string;
}

/** A stored event, with its timestamp in UTC. */
export interface StoredEvent {
  readonly event_id: string;
  readonly org_id: string;
  readonly event_type: string;
  readonly user_id: string;
  readonly timestamp: string;
  /** `public` if it was sent with a publishable key; `trusted` if it was sent with a secret key or by a user */
  readonly source: EventSource;
  readonly properties: Readonly<Record<string, unknown>>;
  /** Milliseconds to add to `timestamp`, because the sender's clock was wrong */
  readonly clock_skew_ms?: number | null | undefined;
  /** When the API first received the request with this event, by the API's clock. null if an earlier version of the API, which didn't store this time, stored the event */
  readonly received_at: string | null;
}

/** The query of `summarize_metrics`. */
export interface SummarizeMetricsQuery {
  /** Optional; must be the token's organisation */
  readonly org_id?: string | null | undefined;
  readonly start_date?: string | null | undefined;
  readonly end_date?: string | null | undefined;
  /** May be repeated; by default, all metrics */
  readonly metrics?: readonly string[] | undefined;
  /** Alternative name of `metrics` */
  readonly "metrics[]"?: readonly string[] | undefined;
}

/** A signed-in user's ID token, exchanged for an access token (RFC 8693). */
export interface TokenExchangeGrant {
  /** Some of the credential's scopes, separated by spaces; by default all of them */
  readonly scope?: string | undefined;
  /** The token reads the events of this user only: its scope is `events:read` */
  readonly user_id?: string | undefined;
  readonly grant_type: "urn:ietf:params:oauth:grant-type:token-exchange";
  readonly subject_token: string;
  readonly subject_token_type: "urn:ietf:params:oauth:token-type:id_token";
  /** By default, the active organisation that the user joined first */
  readonly org_id?: string | null | undefined;
  /** The only type of token that this operation issues */
  readonly requested_token_type?: "urn:ietf:params:oauth:token-type:access_token" | null | undefined;
  /** Ignored; OAuth clients without a secret send it */
  readonly client_id?: string | null | undefined;
}

/** The organisation's plan, quota and usage.

An event counts when it is received, whatever its timestamp is. */
export interface Usage {
  readonly org_id: string;
  /** Null if unknown */
  readonly plan: string | null;
  /** How many events per month the organisation may send; null if unlimited */
  readonly quota: number | null;
  /** The percentage of the quota from which ingest responses contain a warning; null without a quota */
  readonly warn_at: number | null;
  /** The number of events that were received in the current month */
  readonly used: number;
  /** The end of the current month (UTC), when a new quota period starts */
  readonly period_end: string;
  /** Oldest month first */
  readonly months: readonly MonthUsage[];
}

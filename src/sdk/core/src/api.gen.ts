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

/** A key without its secret. */
export interface ApiKeyDescription {
  /** The SHA-256 of the key: who holds a key can tell which it is */
  readonly key_id: string;
  readonly name: string;
  readonly kind: "secret" | "publishable";
  readonly created_at: string;
  /** The user_id of the admin who made it; null if it was not made through the API */
  readonly created_by: string | null;
}

/** An organisation's API key, exchanged for an access token. */
export interface ApiKeyGrant {
  readonly api_key: string;
}

/** All keys of the organisation, newest first. */
export interface ApiKeyList {
  readonly data: readonly ApiKeyDescription[];
}

/** 1 to 100 events, each with `event_id` and `timestamp`, and the credential. */
export interface BeaconBatch {
  readonly api_key?: string | null | undefined;
  readonly access_token?: string | null | undefined;
  readonly events: readonly EventPayload[];
  /** As in POST /api/v1/events */
  readonly sent_at?: string | null | undefined;
}

/** The caller according to the access token and the store. */
export interface CallerDescription {
  readonly subject: string;
  readonly kind: "user" | "api_key";
  /** The organisation the token is for */
  readonly org_id: string;
  /** The user's role in it; null for an API key */
  readonly role: string | null;
  readonly scopes: readonly string[];
  /** All of a user's, whatever the token is for; a secret key's own; none for a publishable key */
  readonly organizations: readonly CallerOrganization[];
}

/** An organisation that the caller may act for, and the caller's role in it. */
export interface CallerOrganization {
  readonly org_id: string;
  readonly name: string;
  readonly plan: string;
  readonly created_at: string;
  readonly role: string | null;
}

/** A new key with its secret, which is never returned again. */
export interface CreatedApiKey {
  /** The SHA-256 of the key: who holds a key can tell which it is */
  readonly key_id: string;
  readonly name: string;
  readonly kind: "secret" | "publishable";
  readonly created_at: string;
  /** The user_id of the admin who made it; null if it was not made through the API */
  readonly created_by: string | null;
  readonly api_key: string;
}

/** One day's value; null where a gauge has no reading, and while distinct users are rebuilt. */
export interface DailyValue {
  readonly date: string;
  readonly value: number | null;
}

/** 1 to 100 events, up to 1 MiB in all after decompression and 32 KiB each. */
export interface EventBatch {
  readonly events: readonly EventPayload[];
  /** The sender's clock when it sent this attempt. Not part of the payload for Idempotency-Key: each attempt has its own. Or the header X-Analytics-Sent-At */
  readonly sent_at?: string | null | undefined;
}

/** Why one event was rejected. */
export interface EventError {
  /** JSON Pointer into the request */
  readonly pointer: string;
  /** Stable, for programs */
  readonly code: string;
  /** How to correct the field */
  readonly detail: string;
}

/** A page of events. Only a null cursor ends the listing. */
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

/** One event as sent. An event with an `event_id` must also have a `timestamp`. */
export interface EventPayload {
  readonly event_id?: string | null | undefined;
  /** At most 256 bytes of UTF-8; (other) is reserved */
  readonly event_type: string;
  readonly user_id: string;
  /** RFC 3339 with an offset, at most 6 fraction digits and 24 h in the future */
  readonly timestamp?: string | null | undefined;
  readonly properties?: Readonly<Record<string, unknown>> | undefined;
  /** Default: that of the credential. `trusted` needs a secret key or a user; they may also send `public`, to import an exported event unchanged */
  readonly source?: EventSource | null | undefined;
  /** If present, the token's organisation */
  readonly org_id?: string | null | undefined;
  /** What the sender had added to its clock when it set `timestamp` */
  readonly clock_offset_ms?: number | undefined;
  /** That of an exported event, to import it unchanged */
  readonly clock_skew_ms?: number | null | undefined;
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

/** The result of every event of the request. Without warnings, `warnings` is absent. */
export interface IngestResponse {
  readonly created: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly results: readonly EventOutcome[];
  readonly warnings?: readonly IngestWarning[] | null | undefined;
}

/** A warning about a request whose events are stored.

`event_types` lists the types counted as `(other)`, for `event_types_not_named` only. */
export interface IngestWarning {
  readonly code: "clock_skew" | "event_types_not_named";
  readonly detail: string;
  readonly event_types?: readonly string[] | null | undefined;
}

/** The query of `list_event_types`. */
export interface ListEventTypesQuery {
  /** If present, the token's organisation */
  readonly org_id?: string | null | undefined;
  readonly start_date?: string | null | undefined;
  readonly end_date?: string | null | undefined;
}

/** The requested metrics, with every day of the range. */
export interface MetricsSummary {
  readonly org_id: string;
  readonly start_date: string;
  readonly end_date: string;
  readonly metrics: readonly MetricSummary[];
}

/** A metric's days and total. Gauges have none; a `unique` one is distinct over all days.

The total of a `unique` metric is null while the users of a day are rebuilt. */
export interface MetricSummary {
  readonly name: string;
  readonly kind: "count" | "sum" | "gauge" | "unique";
  readonly total: number | null;
  readonly daily: readonly DailyValue[];
}

/** The name and the kind of a new key. */
export interface NewApiKey {
  readonly name: string;
  /** `secret` reads and writes, for servers; `publishable` only writes events, fit for browsers */
  readonly kind: "secret" | "publishable";
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
  /** If present, the token's organisation */
  readonly org_id?: string | null | undefined;
  readonly user_id?: string | null | undefined;
  /** May be repeated: events of any of these types */
  readonly event_type?: readonly string[] | undefined;
  /** A date (the whole UTC day) or an RFC 3339 time; included */
  readonly start_date?: string | null | undefined;
  /** As start_date; included */
  readonly end_date?: string | null | undefined;
  readonly limit?: number | undefined;
  /** `next_cursor` of the page before */
  readonly cursor?: string | null | undefined;
  readonly order?: "asc" | "desc" | undefined;
}

/** An event as stored; its time is in UTC. */
export interface StoredEvent {
  readonly event_id: string;
  readonly org_id: string;
  readonly event_type: string;
  readonly user_id: string;
  readonly timestamp: string;
  /** `public` if a publishable key sent it, `trusted` if a secret key or a user did */
  readonly source: EventSource;
  readonly properties: Readonly<Record<string, unknown>>;
  /** The correction of `timestamp` in milliseconds for a wrong sender's clock */
  readonly clock_skew_ms?: number | null | undefined;
}

/** The query of `summarize_metrics`. */
export interface SummarizeMetricsQuery {
  /** If present, the token's organisation */
  readonly org_id?: string | null | undefined;
  readonly start_date?: string | null | undefined;
  readonly end_date?: string | null | undefined;
  /** May come several times; default: all */
  readonly metrics?: readonly string[] | undefined;
  /** The same */
  readonly "metrics[]"?: readonly string[] | undefined;
}

/** A signed-in user's ID token, exchanged for an access token (RFC 8693). */
export interface TokenExchangeGrant {
  readonly grant_type: "urn:ietf:params:oauth:grant-type:token-exchange";
  readonly subject_token: string;
  readonly subject_token_type: "urn:ietf:params:oauth:token-type:id_token";
  /** By default, the first of the user's organisations */
  readonly org_id?: string | null | undefined;
}

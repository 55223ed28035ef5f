// Generated from the API's OpenAPI document by `make sdk-types`. Do not edit.

export type Aggregate = "total" | "unique_users" | "sum" | "average" | "min" | "max" | "p50" | "p90" | "p95" | "p99" | "per_user";

/** Filters that an event must all meet. */
export interface AllFilters {
  readonly and: readonly FilterPayload[];
}

/** The fields of an annotation to change. The others remain as they are. */
export interface AnnotationChange {
  readonly at?: string | undefined;
  readonly text?: string | undefined;
}

/** An annotation. */
export interface AnnotationDescription {
  readonly annotation_id: string;
  readonly at: string;
  readonly text: string;
  /** The user_id of the member who wrote it */
  readonly created_by: string;
  readonly created_at: string;
  readonly updated_at: string;
  /** The ETag without its quotation marks */
  readonly version: string;
}

/** A page of the organisation's annotations, latest first. Only a null cursor ends the list. */
export interface AnnotationList {
  readonly data: readonly AnnotationDescription[];
  readonly next_cursor: string | null;
}

/** Filters of which an event must meet at least one. */
export interface AnyFilters {
  readonly or: readonly FilterPayload[];
}

/** The fields of a board to change. The others remain as they are. */
export interface BoardChange {
  /** The views that the board shows, each once, in their order */
  readonly view_ids?: readonly string[] | undefined;
  readonly name?: string | undefined;
}

/** A board. All its views exist, because deleting a view removes it from all boards. */
export interface BoardDescription {
  readonly board_id: string;
  readonly name: string;
  /** The views that the board shows, in their order */
  readonly view_ids: readonly string[];
  /** The user_id of the member who created it */
  readonly created_by: string;
  readonly created_at: string;
  readonly updated_at: string;
  /** The ETag without its quotation marks */
  readonly version: string;
}

/** A page of the organisation's boards, newest first. Only a null cursor ends the list. */
export interface BoardList {
  readonly data: readonly BoardDescription[];
  readonly next_cursor: string | null;
}

/** A division into groups by the most frequent values of a property or a field. */
export interface BreakdownPayload {
  /** The name of a property, or a JSON Pointer to a nested value, such as /cart/total */
  readonly property?: string | null | undefined;
  readonly field?: FieldName | null | undefined;
  /** The number of values that have a group of their own */
  readonly limit?: number | undefined;
}

export type CohortKind = "first_time" | "recurring";

export type Comparison = "previous_weeks" | "previous_period" | "previous_year";

/** A new link with its secret, which is never returned again. */
export interface CreatedShare {
  /** Contains the SHA-256 of the link's secret */
  readonly share_id: string;
  /** The name of the view when the link was created */
  readonly name: string;
  /** The page of the view when the link was created */
  readonly page: "overview" | "explore" | "funnels" | "retention" | "users" | "live";
  /** The state of the view when the link was created */
  readonly state: string;
  /** The last characters of the secret */
  readonly last_four: string;
  /** The user_id of the member who created it */
  readonly created_by: string;
  readonly created_at: string;
  readonly expires_at: string;
  /** Anyone who has it can see the view's result */
  readonly secret: string;
}

/** A condition on the user or on the type of an event. */
export interface FieldFilter {
  readonly field: FieldName;
  readonly operator: Operator;
  readonly values?: readonly ScalarValue[] | undefined;
}

export type FieldName = "user_id" | "event_type";

export type FilterPayload = PropertyFilter | FieldFilter | AllFilters | AnyFilters;

/** The steps of a funnel, and the time within which users must complete them. */
export interface FunnelPayload {
  /** The first local day; by default, the first of the last 30 days */
  readonly start_date?: string | null | undefined;
  /** The last local day, which is included; by default, today */
  readonly end_date?: string | null | undefined;
  /** The IANA time zone in which days begin */
  readonly timezone?: string | undefined;
  readonly filters?: readonly FilterPayload[] | undefined;
  readonly steps: readonly StepPayload[];
  /** The time from the first step to the last one, inclusive */
  readonly window_seconds?: number | undefined;
  readonly order?: Order | undefined;
  readonly breakdown?: BreakdownPayload | null | undefined;
}

export type Interval = "hour" | "day" | "week" | "month";

/** The query of `list_annotations`. */
export interface ListAnnotationsQuery {
  /** Optional; must be the token's organisation */
  readonly org_id?: string | null | undefined;
  readonly limit?: number | undefined;
  /** `next_cursor` of the page before */
  readonly cursor?: string | null | undefined;
  /** A date (the whole UTC day) or an RFC 3339 time, inclusive */
  readonly start_date?: string | null | undefined;
  /** Like start_date, inclusive */
  readonly end_date?: string | null | undefined;
}

/** The query of `list_boards`. */
export interface ListBoardsQuery {
  /** Optional; must be the token's organisation */
  readonly org_id?: string | null | undefined;
  readonly limit?: number | undefined;
  /** `next_cursor` of the page before */
  readonly cursor?: string | null | undefined;
}

/** The query of `list_shares`. */
export interface ListSharesQuery {
  /** Optional; must be the token's organisation */
  readonly org_id?: string | null | undefined;
  readonly limit?: number | undefined;
  /** `next_cursor` of the page before */
  readonly cursor?: string | null | undefined;
}

/** The query of `list_views`. */
export interface ListViewsQuery {
  /** Optional; must be the token's organisation */
  readonly org_id?: string | null | undefined;
  readonly limit?: number | undefined;
  /** `next_cursor` of the page before */
  readonly cursor?: string | null | undefined;
}

/** A text and the moment that it is about. */
export interface NewAnnotation {
  /** RFC 3339 with an offset. Charts show the text at the interval of this time. */
  readonly at: string;
  /** Plain text in one line */
  readonly text: string;
}

/** The name of a new board, and its views. */
export interface NewBoard {
  /** The views that the board shows, each once, in their order */
  readonly view_ids?: readonly string[] | undefined;
  readonly name: string;
}

/** The queries and the end of a new link. */
export interface NewShare {
  /** The queries that the link may make, for any dates. They must not filter or group by user */
  readonly queries: readonly SharedQuery[];
  /** RFC 3339 with an offset, at most 90 days ahead; by default in 7 days */
  readonly expires_at?: string | null | undefined;
}

/** A page of the dashboard in the state to save. */
export interface NewView {
  readonly name: string;
  readonly page: "overview" | "explore" | "funnels" | "retention" | "users" | "live";
  /** The query string of the page's address, without the question mark */
  readonly state: string;
}

export type Operator = "is" | "is_not" | "contains" | "not_contains" | "gt" | "gte" | "lt" | "lte" | "between" | "is_set" | "is_not_set";

export type Order = "ordered" | "strict" | "any";

/** A condition on a property. Values of different types are never equal: 1 is not "1". */
export interface PropertyFilter {
  /** The name of a property, or a JSON Pointer to a nested value, such as /cart/total */
  readonly property: string;
  readonly operator: Operator;
  readonly values?: readonly ScalarValue[] | undefined;
}

/** The events that begin a cohort, and the events that count as returns of its users. */
export interface RetentionPayload {
  /** The first local day; by default, the first of the last 30 days */
  readonly start_date?: string | null | undefined;
  /** The last local day, which is included; by default, today */
  readonly end_date?: string | null | undefined;
  /** The IANA time zone in which days begin */
  readonly timezone?: string | undefined;
  readonly filters?: readonly FilterPayload[] | undefined;
  readonly start?: StepPayload | undefined;
  readonly return?: StepPayload | undefined;
  readonly interval?: "day" | "week" | "month" | undefined;
  /** Including the cohort's own interval */
  readonly periods?: number | undefined;
  readonly cohorts?: CohortKind | undefined;
  readonly mode?: ReturnMode | undefined;
  readonly week_start?: Weekday | undefined;
}

export type ReturnMode = "on" | "on_or_after";

export type ScalarValue = string | number | boolean;

/** A measure of the events of a step. */
export interface SeriesPayload {
  readonly event_type?: string | null | undefined;
  readonly filters?: readonly FilterPayload[] | undefined;
  readonly aggregate?: Aggregate | undefined;
  /** The name of a property, or a JSON Pointer to a nested value, such as /cart/total. Required by aggregates of numbers, such as `sum` */
  readonly property?: string | null | undefined;
}

/** A link without its secret. */
export interface ShareDescription {
  /** Contains the SHA-256 of the link's secret */
  readonly share_id: string;
  /** The name of the view when the link was created */
  readonly name: string;
  /** The page of the view when the link was created */
  readonly page: "overview" | "explore" | "funnels" | "retention" | "users" | "live";
  /** The state of the view when the link was created */
  readonly state: string;
  /** The last characters of the secret */
  readonly last_four: string;
  /** The user_id of the member who created it */
  readonly created_by: string;
  readonly created_at: string;
  readonly expires_at: string;
}

/** A query of `query_funnel`. */
export interface SharedFunnel {
  readonly insight: "funnels";
  readonly query: FunnelPayload;
}

export type SharedQuery = SharedTrends | SharedFunnel | SharedRetention;

/** A query of `query_retention`. */
export interface SharedRetention {
  readonly insight: "retention";
  readonly query: RetentionPayload;
}

/** A query of `query_trends`. */
export interface SharedTrends {
  readonly insight: "trends";
  readonly query: TrendsPayload;
}

/** A page of the view's links, newest first. Only a null cursor ends the list. */
export interface ShareList {
  readonly data: readonly ShareDescription[];
  readonly next_cursor: string | null;
}

/** Events of one type, or of any type, that meet all filters. */
export interface StepPayload {
  readonly event_type?: string | null | undefined;
  readonly filters?: readonly FilterPayload[] | undefined;
}

/** Measures of events over time. */
export interface TrendsPayload {
  /** The first local day; by default, the first of the last 30 days */
  readonly start_date?: string | null | undefined;
  /** The last local day, which is included; by default, today */
  readonly end_date?: string | null | undefined;
  /** The IANA time zone in which days begin */
  readonly timezone?: string | undefined;
  readonly filters?: readonly FilterPayload[] | undefined;
  readonly series: readonly SeriesPayload[];
  readonly interval?: Interval | undefined;
  readonly week_start?: Weekday | undefined;
  readonly breakdown?: BreakdownPayload | null | undefined;
  /** Also return the figures of an earlier range of the same length: the range before, the same weekdays before, or the same days of the previous year. If the range isn't over yet, the earlier figures end at the same local time as now */
  readonly compare?: Comparison | null | undefined;
}

/** The fields of a view to change. The others remain as they are. */
export interface ViewChange {
  readonly name?: string | undefined;
  readonly page?: "overview" | "explore" | "funnels" | "retention" | "users" | "live" | undefined;
  readonly state?: string | undefined;
}

/** A saved view. */
export interface ViewDescription {
  readonly view_id: string;
  readonly name: string;
  readonly page: "overview" | "explore" | "funnels" | "retention" | "users" | "live";
  /** The query string of the page's address */
  readonly state: string;
  /** The user_id of the member who saved it */
  readonly created_by: string;
  readonly created_at: string;
  readonly updated_at: string;
  /** The ETag without its quotation marks */
  readonly version: string;
}

/** A page of the organisation's views, newest first. Only a null cursor ends the list. */
export interface ViewList {
  readonly data: readonly ViewDescription[];
  readonly next_cursor: string | null;
}

export type Weekday = "monday" | "tuesday" | "wednesday" | "thursday" | "friday" | "saturday" | "sunday";

// Generated from the API's OpenAPI document by `make sdk-types`. Do not edit.

export type Aggregate = "total" | "unique_users" | "sum" | "average" | "min" | "max" | "p50" | "p90" | "p95" | "p99" | "per_user";

/** Filters that an event must all meet. */
export interface AllFilters {
  readonly and: readonly FilterPayload[];
}

/** Filters of which an event must meet at least one. */
export interface AnyFilters {
  readonly or: readonly FilterPayload[];
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

/** A user who reached a step but not the next one. */
export interface DroppedUser {
  readonly user_id: string;
  readonly reached_at: string;
}

/** A page of users, by user id. `next_cursor` is null on the last page only. */
export interface DroppedUserList {
  /** When the API received the latest event that the response takes into account; null if there are no events */
  readonly complete_through: string | null;
  readonly data: readonly DroppedUser[];
  readonly next_cursor: string | null;
}

/** A funnel, and the step after which users dropped off. */
export interface DroppedUsersPayload {
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
  /** The index of the last step that the users reached; the first step is 0 */
  readonly after_step: number;
  readonly limit?: number | undefined;
  /** `next_cursor` of the page before */
  readonly cursor?: string | null | undefined;
}

/** A condition on the user or on the type of an event. */
export interface FieldFilter {
  readonly field: FieldName;
  readonly operator: Operator;
  readonly values?: readonly ScalarValue[] | undefined;
}

export type FieldName = "user_id" | "event_type";

export type FilterPayload = PropertyFilter | FieldFilter | AllFilters | AnyFilters;

/** The funnel of the users whose first event is in one group. */
export interface FunnelGroup {
  /** `other` is the group of all other values, and `none` that of events without a value */
  readonly kind: "value" | "other" | "none";
  /** The value; the JSON of an array or an object is text */
  readonly value: Scalar;
  readonly steps: readonly FunnelStepResult[];
}

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

/** The steps of a funnel. */
export interface FunnelResult {
  /** When the API received the latest event that the response takes into account; null if there are no events */
  readonly complete_through: string | null;
  readonly steps: readonly FunnelStepResult[];
  readonly breakdowns?: readonly FunnelGroup[] | null | undefined;
}

/** The users who reached a step, and how long they took from the step before it, if any. */
export interface FunnelStepResult {
  readonly index: number;
  readonly users: number;
  /** The share of the users of the first step, from 0 to 1; null if it has none */
  readonly conversion_overall: number | null;
  /** The share of the users of the last step */
  readonly conversion_previous: number | null;
  readonly median_seconds: number | null;
  readonly average_seconds: number | null;
}

/** A group of a breakdown. */
export interface GroupValue {
  /** `other` is the group of all other values, and `none` that of events without a value */
  readonly kind: "value" | "other" | "none";
  /** The value; the JSON of an array or an object is text */
  readonly value: Scalar;
}

export type Interval = "hour" | "day" | "week" | "month";

/** The query of `list_properties`. */
export interface ListPropertiesQuery {
  /** Optional; must be the token's organisation */
  readonly org_id?: string | null | undefined;
  readonly start_date?: string | null | undefined;
  readonly end_date?: string | null | undefined;
  /** May be repeated; by default, all types */
  readonly event_type?: readonly string[] | undefined;
}

/** The query of `list_users`. */
export interface ListUsersQuery {
  /** Optional; must be the token's organisation */
  readonly org_id?: string | null | undefined;
  /** A part of the user id; case is ignored */
  readonly search?: string | null | undefined;
  readonly limit?: number | undefined;
  /** `next_cursor` of the page before */
  readonly cursor?: string | null | undefined;
}

export type Operator = "is" | "is_not" | "contains" | "not_contains" | "gt" | "gte" | "lt" | "lte" | "between" | "is_set" | "is_not_set";

export type Order = "ordered" | "strict" | "any";

/** A property of the events of one type. */
export interface PropertyDescription {
  readonly event_type: string;
  readonly name: string;
  /** JSON types: `string`, `number`, `boolean`, `array` and `object` */
  readonly types: readonly string[];
  /** The number of events with the property */
  readonly events: number;
  /** The most frequent values, if they are short */
  readonly values: readonly PropertyValue[];
}

/** A condition on a property. Values of different types are never equal: 1 is not "1". */
export interface PropertyFilter {
  /** The name of a property, or a JSON Pointer to a nested value, such as /cart/total */
  readonly property: string;
  readonly operator: Operator;
  readonly values?: readonly ScalarValue[] | undefined;
}

/** Properties, sorted by event type and then by frequency, most frequent first. */
export interface PropertyList {
  /** When the API received the latest event that the response takes into account; null if there are no events */
  readonly complete_through: string | null;
  readonly data: readonly PropertyDescription[];
}

/** A value of a property, and the number of events that have it. */
export interface PropertyValue {
  readonly value: Scalar;
  readonly events: number;
}

/** The users of a cohort who returned in a period. */
export interface RetentionCell {
  readonly period: number;
  readonly users: number;
  /** False if the period hasn't ended yet */
  readonly complete: boolean;
}

/** The users whose start event was in an interval. */
export interface RetentionCohort {
  /** The first local day of the interval */
  readonly date: string;
  readonly size: number;
  readonly values: readonly RetentionCell[];
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

/** The share of all users who returned in a period, over complete cells. */
export interface RetentionRate {
  readonly period: number;
  /** Null if no cohort has completed the period */
  readonly rate: number | null;
}

/** The cohorts of a retention table, oldest first. */
export interface RetentionResult {
  /** When the API received the latest event that the response takes into account; null if there are no events */
  readonly complete_through: string | null;
  readonly cohorts: readonly RetentionCohort[];
  readonly overall: readonly RetentionRate[];
}

export type ReturnMode = "on" | "on_or_after";

export type Scalar = string | number | boolean;

export type ScalarValue = string | number | boolean;

/** A measure of the events of a step. */
export interface SeriesPayload {
  readonly event_type?: string | null | undefined;
  readonly filters?: readonly FilterPayload[] | undefined;
  readonly aggregate?: Aggregate | undefined;
  /** The name of a property, or a JSON Pointer to a nested value, such as /cart/total. Required by aggregates of numbers, such as `sum` */
  readonly property?: string | null | undefined;
}

/** Events of one type, or of any type, that meet all filters. */
export interface StepPayload {
  readonly event_type?: string | null | undefined;
  readonly filters?: readonly FilterPayload[] | undefined;
}

/** The values of a series per interval, and in the whole range.

A value is null if there were no events to average or no numbers to compare. */
export interface TrendFigures {
  /** Distinct users are distinct over the whole range */
  readonly total: Value;
  readonly values: readonly Value[];
}

/** A series of the query, or one group of it. */
export interface TrendSeries {
  /** Distinct users are distinct over the whole range */
  readonly total: Value;
  readonly values: readonly Value[];
  /** The index of the series in the query */
  readonly index: number;
  readonly breakdown: GroupValue | null;
  /** The figures of the earlier range, if the query has `compare` */
  readonly previous?: TrendFigures | null | undefined;
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

/** The series of a trend, most frequent group first. */
export interface TrendsResult {
  /** When the API received the latest event that the response takes into account; null if there are no events */
  readonly complete_through: string | null;
  readonly timezone: string;
  readonly interval: Interval;
  /** The local times at which the intervals begin */
  readonly buckets: readonly string[];
  readonly series: readonly TrendSeries[];
}

/** A user who sent events. */
export interface UserDescription {
  readonly user_id: string;
  readonly first_seen: string;
  readonly last_seen: string;
  readonly events: number;
  /** The properties of the last event */
  readonly last_properties: Readonly<Record<string, unknown>>;
}

/** A user's events of one type. */
export interface UserEventType {
  readonly event_type: string;
  readonly first_seen: string;
  readonly last_seen: string;
  readonly events: number;
}

/** A page of users, the one with the latest event first.

`next_cursor` is null on the last page only. */
export interface UserList {
  /** When the API received the latest event that the response takes into account; null if there are no events */
  readonly complete_through: string | null;
  readonly data: readonly UserDescription[];
  readonly next_cursor: string | null;
}

/** A user, and the number of their events per type, most frequent first. */
export interface UserProfile {
  /** When the API received the latest event that the response takes into account; null if there are no events */
  readonly complete_through: string | null;
  readonly user_id: string;
  readonly first_seen: string;
  readonly last_seen: string;
  readonly events: number;
  readonly event_types: readonly UserEventType[];
}

export type Value = number | null;

export type Weekday = "monday" | "tuesday" | "wednesday" | "thursday" | "friday" | "saturday" | "sunday";

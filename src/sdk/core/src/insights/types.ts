import type * as api from "../insights.gen.ts";
import type { ReadOptions } from "../options.ts";

/** Measures of events over time. */
export type TrendsQuery = api.TrendsPayload;

/** The steps of a funnel, and the time within which users must complete them. */
export type FunnelQuery = api.FunnelPayload;

/** The events that begin a cohort, and the events that count as returns of its users. */
export type RetentionQuery = api.RetentionPayload;

/** A funnel, and the index of the step after which users dropped off. */
export type DroppedUsersQuery = Omit<api.DroppedUsersPayload, "cursor">;

/** The days and the event types whose properties are listed. Default: the last 30 days and all types. */
export type PropertiesQuery = api.ListPropertiesQuery;

/** A part of the user ids, and the number of users per page. */
export type UsersQuery = Omit<api.ListUsersQuery, "cursor">;

/** A condition on a property or a field of events, or several conditions. */
export type Filter = api.FilterPayload;

/** A division into groups by the most frequent values of a property or a field. */
export type Breakdown = api.BreakdownPayload;

/** Events of one type, or of any type, that meet all filters. */
export type Step = api.StepPayload;

/** A measure of the events of a step. */
export type Series = api.SeriesPayload;

/** Options of queries. `timeoutMs` is 30,000 by default. */
export interface QueryOptions<Result> extends ReadOptions {
  /** An earlier result of the same query. The call returns this object if the result hasn't changed. */
  readonly previous?: Result | undefined;
}

/** Options of lists. `timeoutMs` is 30,000 by default. */
export interface PageOptions extends ReadOptions {
  /** `next_cursor` of the page before. */
  readonly cursor?: string | null | undefined;
}

export type {
  Aggregate,
  CohortKind,
  Comparison,
  DroppedUser,
  DroppedUserList,
  FieldName,
  FunnelGroup,
  FunnelResult,
  FunnelStepResult,
  GroupValue,
  Interval,
  Operator,
  Order,
  PropertyDescription,
  PropertyList,
  PropertyValue,
  RetentionCell,
  RetentionCohort,
  RetentionRate,
  RetentionResult,
  ReturnMode,
  TrendFigures,
  TrendSeries,
  TrendsResult,
  UserDescription,
  UserEventType,
  UserList,
  UserProfile,
  Weekday,
} from "../insights.gen.ts";

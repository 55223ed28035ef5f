// The entry point for questions about all events: trends, funnels, retention, properties and users.
import { searchOf } from "../transport/query.ts";
import type { ReadOptions } from "../options.ts";
import { PATHS } from "./paths.ts";
import { type AnyClient, get, post } from "./queries.ts";
import type {
  DroppedUserList,
  DroppedUsersQuery,
  FunnelQuery,
  FunnelResult,
  PageOptions,
  PropertiesQuery,
  PropertyList,
  QueryOptions,
  RetentionQuery,
  RetentionResult,
  TrendsQuery,
  TrendsResult,
  UserList,
  UserProfile,
  UsersQuery,
} from "./types.ts";

export type * from "./types.ts";

/** Return counts, distinct users or aggregates of a property per interval of time. */
export function getTrends(
  client: AnyClient,
  query: TrendsQuery,
  options?: QueryOptions<TrendsResult>,
): Promise<TrendsResult> {
  return post(client, PATHS.getTrends, query, options);
}

/** Return how many users reached each step of a funnel, and how long they took. */
export function getFunnel(
  client: AnyClient,
  query: FunnelQuery,
  options?: QueryOptions<FunnelResult>,
): Promise<FunnelResult> {
  return post(client, PATHS.getFunnel, query, options);
}

/** Return how many users of each cohort came back in the periods after their start event. */
export function getRetention(
  client: AnyClient,
  query: RetentionQuery,
  options?: QueryOptions<RetentionResult>,
): Promise<RetentionResult> {
  return post(client, PATHS.getRetention, query, options);
}

/** Return a page of the users who reached a step of a funnel but not the next one, by user id. */
export function listDroppedUsers(
  client: AnyClient,
  query: DroppedUsersQuery,
  { cursor, ...options }: PageOptions = {},
): Promise<DroppedUserList> {
  return post(client, PATHS.listDroppedUsers, { ...query, cursor }, options);
}

/** Return the names, types and most frequent values of properties, for example for pickers. */
export function listProperties(
  client: AnyClient,
  query?: PropertiesQuery,
  options?: ReadOptions,
): Promise<PropertyList> {
  return get(client, PATHS.listProperties + searchOf({ ...query }), options);
}

/** Return a page of the users who sent events, the one with the latest event first. */
export function listUsers(
  client: AnyClient,
  query?: UsersQuery,
  { cursor, ...options }: PageOptions = {},
): Promise<UserList> {
  return get(client, PATHS.listUsers + searchOf({ ...query, cursor }), options);
}

/** Return a user's first and last event, and their events per type. A user id with a `/` is only in the list of users. */
export function getUser(client: AnyClient, user_id: string, options?: ReadOptions): Promise<UserProfile> {
  return get(client, PATHS.getUser + encodeURIComponent(user_id), options);
}

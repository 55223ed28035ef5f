import type { EventFilters } from "@acme/analytics-sdk";
import { timesOf } from "@/features/clock/zones";
import type { Question } from "@/features/insights/address";
import { type Condition, isComplete } from "@/features/insights/conditions";

const EVENT_TYPES_MAX = 20;

/**
 * Return the filters of a list of events. Return undefined if the list can't be filtered in this way: lists compare
 * only the type and the user, each with one condition.
 */
export function eventFiltersOf(
  { dates, filters, timezone }: Question,
  limit: number,
): EventFilters | undefined {
  const complete = filters.filter(isComplete);
  const types = valuesOf(complete, "event_type");
  const users = valuesOf(complete, "user_id");
  const isListed = types.length <= EVENT_TYPES_MAX && users.length <= 1;
  const conditions = Number(types.length > 0) + Number(users.length > 0);
  if (!isListed || conditions !== complete.length) return undefined;
  const range = timezone === "UTC" ? dates.range : timesOf(dates.range, timezone);
  return { ...range, limit, event_type: types.length ? types : undefined, user_id: users[0] };
}

function valuesOf(conditions: readonly Condition[], field: string): readonly string[] {
  const found = conditions.find((one) => "field" in one && one.field === field && one.operator === "is");
  return found?.values.map(String) ?? [];
}

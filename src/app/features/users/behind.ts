import type { GroupValue, TrendsQuery } from "@acme/analytics-sdk/insights";
import type { DayRange } from "@/features/dashboard/days";
import { queryOfStep, scopeOf, type TimedQuestion } from "@/features/insights/address";
import { type Attribute, keyOf } from "@/features/insights/attributes";
import type { Condition } from "@/features/insights/conditions";
import type { Series } from "@/features/insights/trends-question";

/** The most users that the API lists for a number. */
export const USERS_MAX = 100;

/**
 * Return the query for the users behind a number: a trend that is divided by users. Return undefined if the events of
 * the group can't be selected by a filter.
 */
export function usersQueryOf(
  question: TimedQuestion,
  { event_type, filters }: Series,
  days: DayRange,
  group?: { readonly by: Attribute; readonly value: GroupValue },
): TrendsQuery | undefined {
  const condition = group && conditionOf(group.by, group.value);
  if (group && !condition) return undefined;
  const own = condition ? [...filters, condition] : filters;
  return {
    ...scopeOf(question),
    ...days,
    series: [queryOfStep({ ...(event_type === undefined ? {} : { event_type }), filters: own })],
    breakdown: { field: "user_id", limit: USERS_MAX },
    interval: "month",
  };
}

/** Return the condition that the events of a group meet, or undefined if there isn't one. */
export function conditionOf(by: Attribute, { kind, value }: GroupValue): Condition | undefined {
  if (kind === "other") return undefined;
  if (kind === "none") return { ...by, operator: "is_not_set", values: [] };
  // The value of an array or an object is its JSON, which no filter compares with.
  if (typeof value === "string" && /^[[{]/.test(value)) return undefined;
  return { ...by, operator: "is", values: [value] };
}

/** Return the conditions with this one added, or without it if they contain it. */
export function toggledCondition(
  conditions: readonly Condition[],
  condition: Condition,
): readonly Condition[] {
  const rest = conditions.filter((one) => !isSame(one, condition));
  return rest.length < conditions.length ? rest : [...conditions, condition];
}

/** Return whether two conditions are equal. */
export function isSame(one: Condition, other: Condition): boolean {
  return (
    keyOf(one) === keyOf(other) &&
    one.operator === other.operator &&
    JSON.stringify(one.values) === JSON.stringify(other.values)
  );
}

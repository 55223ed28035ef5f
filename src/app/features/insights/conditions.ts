import type { Operator } from "@acme/analytics-sdk/insights";
import { type Attribute, isField, nameOf, type Scalar } from "./attributes";
import type { Catalog } from "./catalog";

/** A condition on events. The builder shows lists of conditions that must all be met. */
export type Condition = Attribute & {
  readonly operator: Operator;
  readonly values: readonly Scalar[];
};

/** Events of a type, or of any type, that meet all conditions. */
export interface Step {
  readonly event_type?: string | undefined;
  readonly filters: readonly Condition[];
}

/** The operators, as the builder shows them, with the least and the greatest number of their values. */
export const OPERATORS: Readonly<Record<Operator, readonly [title: string, min: number, max: number]>> = {
  is: ["is", 1, 100],
  is_not: ["is not", 1, 100],
  contains: ["contains", 1, 100],
  not_contains: ["doesn't contain", 1, 100],
  gt: [">", 1, 1],
  gte: ["≥", 1, 1],
  lt: ["<", 1, 1],
  lte: ["≤", 1, 1],
  between: ["is between", 2, 2],
  is_set: ["is set", 0, 0],
  is_not_set: ["isn't set", 0, 0],
};

/** Return whether the condition has the values that its operator needs. Queries leave out all others. */
export function isComplete({ operator, values }: Condition): boolean {
  const [, min, max] = OPERATORS[operator];
  return values.length >= min && values.length <= max;
}

/** Return the values of a condition that a user has typed, separated by commas, in the types of the property. */
export function valuesFrom(text: string, attribute: Attribute, catalog: Catalog): readonly Scalar[] {
  const types = catalog.typesOf(attribute);
  const known = catalog.valuesOf(attribute).find((value) => String(value) === text.trim());
  if (known !== undefined) return [known];
  const parts = text.split(",").map((part) => part.trim());
  return parts.filter(Boolean).map((part) => valueOf(part, types));
}

/** Return the values as a text that `valuesFrom` reads. */
export function textOf(values: readonly Scalar[]): string {
  return values.join(", ");
}

/** Return a condition as people read it: `plan is pro, free`. */
export function textOfCondition(condition: Condition): string {
  return [nameOf(condition), OPERATORS[condition.operator][0], textOf(condition.values)]
    .filter(Boolean)
    .join(" ");
}

/** Return the condition that the JSON contains, or undefined if it isn't one that the builder can show. */
export function conditionFrom(json: unknown): Condition | undefined {
  if (typeof json !== "object" || json === null) return undefined;
  const { property, field, operator, values = [] } = json as Readonly<Record<string, unknown>>;
  const attribute = typeof property === "string" && property ? { property } : isField(field) && { field };
  if (!attribute || !isOperator(operator) || !Array.isArray(values) || !values.every(isScalar))
    return undefined;
  return { ...attribute, operator, values };
}

/** Return the step that a parameter of the address contains: the type of its events, or JSON. */
export function stepFrom(text: string): Step | undefined {
  if (!text.startsWith("{")) return text ? { event_type: text, filters: [] } : undefined;
  const json = parsed(text);
  if (typeof json !== "object" || json === null) return undefined;
  const { event_type, filters = [] } = json as Readonly<Record<string, unknown>>;
  if (event_type !== undefined && typeof event_type !== "string") return undefined;
  const conditions = Array.isArray(filters) ? filters.map(conditionFrom) : [undefined];
  if (!conditions.every((condition) => condition !== undefined)) return undefined;
  return { ...(event_type ? { event_type } : {}), filters: conditions };
}

/** Parse JSON, or return undefined if it is invalid. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function valueOf(text: string, types: readonly string[]): Scalar {
  if (types.includes("string") || !types.length) return text;
  if (types.includes("boolean") && (text === "true" || text === "false")) return text === "true";
  return types.includes("number") && !Number.isNaN(Number(text)) ? Number(text) : text;
}

function isOperator(name: unknown): name is Operator {
  return typeof name === "string" && Object.hasOwn(OPERATORS, name);
}

function isScalar(value: unknown): value is Scalar {
  return ["string", "number", "boolean"].includes(typeof value);
}

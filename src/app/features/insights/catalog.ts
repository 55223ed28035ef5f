import type { PropertyDescription } from "@acme/analytics-sdk/insights";
import type { Attribute, Scalar } from "./attributes";

/** The event types and the properties that the pickers offer. */
export interface Catalog {
  /** The types, most frequent first. */
  readonly eventTypes: readonly string[];
  /** The names of the properties of a type, or of all types, most frequent first. */
  readonly namesOf: (event_type: string | undefined) => readonly string[];
  /** The names of the properties with few different values, most frequent first. */
  readonly categories: readonly string[];
  /** The names of the properties that have numbers. */
  readonly numbersOf: (event_type: string | undefined) => readonly string[];
  /** The JSON types of an attribute. */
  readonly typesOf: (attribute: Attribute) => readonly string[];
  /** The most frequent values of an attribute. */
  readonly valuesOf: (attribute: Attribute) => readonly Scalar[];
}

/** Return the catalog of these event types and properties. */
export function catalogOf(
  eventTypes: readonly string[],
  properties: readonly PropertyDescription[],
): Catalog {
  const of = (event_type: string | undefined): readonly PropertyDescription[] =>
    event_type === undefined ? properties : properties.filter((one) => one.event_type === event_type);
  const described = (attribute: Attribute): readonly PropertyDescription[] =>
    "property" in attribute ? properties.filter(({ name }) => name === attribute.property) : [];
  return {
    eventTypes,
    namesOf: (event_type) => namesByFrequency(of(event_type)),
    categories: namesByFrequency(properties.filter(isCategory)),
    numbersOf: (event_type) =>
      namesByFrequency(of(event_type).filter(({ types }) => types.includes("number"))),
    typesOf: (attribute) => [...new Set(described(attribute).flatMap(({ types }) => types))],
    valuesOf: (attribute) =>
      "field" in attribute
        ? attribute.field === "event_type"
          ? eventTypes
          : []
        : [...new Set(described(attribute).flatMap(({ values }) => values.map(({ value }) => value)))],
  };
}

/** Return whether the most frequent values are those of most events, as for a device, but not for a session. */
function isCategory({ events, values, types }: PropertyDescription): boolean {
  const counted = values.reduce((sum, value) => sum + value.events, 0);
  return !types.includes("number") && 2 * counted > events;
}

function namesByFrequency(properties: readonly PropertyDescription[]): readonly string[] {
  const events = new Map<string, number>();
  for (const { name, events: count } of properties) events.set(name, (events.get(name) ?? 0) + count);
  return [...events].sort(([, one], [, other]) => other - one).map(([name]) => name);
}

import type { FieldName, PropertyValue } from "@acme/analytics-sdk/insights";

/** A value with which events are compared. */
export type Scalar = PropertyValue["value"];

/** What a condition or a breakdown is about: a property, or a field that every event has. */
export type Attribute = { readonly property: string } | { readonly field: FieldName };

/** The fields, as the builder shows them. */
export const FIELDS: Readonly<Record<FieldName, string>> = { user_id: "User ID", event_type: "Event type" };

/** Return the name of an attribute as the builder shows it. */
export function nameOf(attribute: Attribute): string {
  return "field" in attribute ? FIELDS[attribute.field] : attribute.property;
}

/** Return the attribute as a text that differs from that of every other attribute. */
export function keyOf(attribute: Attribute): string {
  return "field" in attribute ? `field:${attribute.field}` : `property:${attribute.property}`;
}

/** Return the attribute of a key, or undefined if the text isn't a key. */
export function attributeOf(key: string): Attribute | undefined {
  const name = key.slice(key.indexOf(":") + 1);
  if (key.startsWith("property:") && name) return { property: name };
  return key.startsWith("field:") && isField(name) ? { field: name } : undefined;
}

/** Return whether the text is the name of a field. */
export function isField(name: unknown): name is FieldName {
  return typeof name === "string" && Object.hasOwn(FIELDS, name);
}

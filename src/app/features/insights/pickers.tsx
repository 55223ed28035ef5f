"use client";

import { type Option } from "@/ui/search-list";
import { Picker } from "@/ui/picker";
import type { Catalog } from "./catalog";
import { type Attribute, attributeOf, FIELDS, keyOf, nameOf } from "./attributes";

const ALL_EVENTS: Option = { value: "*", title: "All events" };

interface EventSelectProps {
  readonly label: string;
  readonly event_type: string | undefined;
  readonly catalog: Catalog;
  /** Called with undefined for events of any type. */
  readonly onChange: (event_type: string | undefined) => void;
}

/** Selects a type of events, or all types. */
export function EventSelect({ label, event_type, catalog, onChange }: EventSelectProps) {
  const value = event_type === undefined ? ALL_EVENTS.value : valueOfType(event_type);
  return (
    <Picker
      label={label}
      placeholder={event_type ?? ALL_EVENTS.title}
      options={eventOptions(catalog)}
      selected={value}
      valueFor={valueOfType}
      onSelect={(chosen) => onChange(eventTypeOf(chosen))}
    />
  );
}

interface AddEventProps {
  /** The text of the button, such as `Add a step…`. */
  readonly title: string;
  readonly catalog: Catalog;
  readonly onAdd: (event_type: string | undefined) => void;
}

/** Adds a row with a type of events, or with all types. */
export function AddEvent({ title, catalog, onAdd }: AddEventProps) {
  return (
    <Picker
      label={title}
      placeholder={title}
      options={eventOptions(catalog)}
      valueFor={valueOfType}
      onSelect={(chosen) => onAdd(eventTypeOf(chosen))}
    />
  );
}

interface AttributeSelectProps {
  readonly label: string;
  /** The text for no attribute. */
  readonly none: string;
  readonly selected?: Attribute | undefined;
  /** The names of the properties to choose from. */
  readonly properties: readonly string[];
  /** Called with undefined for no attribute. */
  readonly onChange: (attribute: Attribute | undefined) => void;
}

/** Selects a property or a field of events. A selected attribute can be deselected. */
export function AttributeSelect({ label, none, selected, properties, onChange }: AttributeSelectProps) {
  const options = attributeOptions(properties);
  return (
    <Picker
      label={label}
      placeholder={selected ? nameOf(selected) : none}
      options={selected ? [{ value: "", title: none }, ...options] : options}
      selected={selected && keyOf(selected)}
      valueFor={(property) => keyOf({ property })}
      onSelect={(key) => onChange(attributeOf(key))}
    />
  );
}

interface PropertySelectProps {
  readonly label: string;
  readonly property: string | undefined;
  readonly properties: readonly string[];
  readonly onChange: (property: string) => void;
}

/** Selects a property. */
export function PropertySelect({ label, property, properties, onChange }: PropertySelectProps) {
  return (
    <Picker
      label={label}
      placeholder={property ?? "Choose a property…"}
      options={properties.map((name) => ({ value: name, title: name }))}
      selected={property}
      valueFor={(text) => text}
      onSelect={onChange}
    />
  );
}

interface ChoiceProps<T extends string> {
  readonly label: string;
  /** The titles by the values. */
  readonly options: Readonly<Record<T, string>>;
  readonly value: T;
  /** Whether the label is only for screen readers. */
  readonly isCompact?: boolean;
  readonly onChange: (value: T) => void;
}

/** Selects one of a few options. */
export function Choice<T extends string>({ label, options, value, isCompact, onChange }: ChoiceProps<T>) {
  return (
    <label className="shrink-0 text-sm font-medium">
      <span className={isCompact ? "sr-only" : ""}>{label}</span>
      <select
        className={`field w-auto max-w-full ${isCompact ? "mt-0 bg-surface" : ""}`}
        value={value}
        onChange={({ target }) => onChange(target.value as T)}
      >
        {Object.entries<string>(options).map(([option, title]) => (
          <option key={option} value={option}>
            {title}
          </option>
        ))}
      </select>
    </label>
  );
}

function eventOptions({ eventTypes }: Catalog): readonly Option[] {
  return [ALL_EVENTS, ...eventTypes.map((type) => ({ value: valueOfType(type), title: type }))];
}

/** Return the option's value for a type, which differs from the one for all events. */
function valueOfType(event_type: string): string {
  return `=${event_type}`;
}

function eventTypeOf(value: string): string | undefined {
  return value === ALL_EVENTS.value ? undefined : value.slice(1);
}

function attributeOptions(properties: readonly string[]): readonly Option[] {
  const fields = Object.entries(FIELDS).map(([field, title]) => ({ value: `field:${field}`, title }));
  return [...fields, ...properties.map((name) => ({ value: `property:${name}`, title: name }))];
}

"use client";

import type { Catalog } from "./catalog";
import { type Attribute, attributeOf, FIELDS, keyOf, nameOf } from "./attributes";

const ANY = "";

interface EventSelectProps {
  readonly label: string;
  readonly event_type: string | undefined;
  readonly catalog: Catalog;
  /** Called with undefined for events of any type. */
  readonly onChange: (event_type: string | undefined) => void;
}

/** Selects a type of events, or all types. */
export function EventSelect({ label, event_type, catalog, onChange }: EventSelectProps) {
  return (
    <select
      aria-label={label}
      className="field mt-0 w-auto max-w-full min-w-40"
      value={event_type ?? ANY}
      onChange={({ target }) => onChange(target.value || undefined)}
    >
      <option value={ANY}>All events</option>
      <Options known={catalog.eventTypes} selected={event_type} />
    </select>
  );
}

interface AddEventProps {
  /** The text that is shown while nothing is selected, such as `Add a step…`. */
  readonly title: string;
  readonly catalog: Catalog;
  readonly onAdd: (event_type: string | undefined) => void;
}

/** Adds a row with a type of events, or with all types. */
export function AddEvent({ title, catalog, onAdd }: AddEventProps) {
  return (
    <select
      aria-label={title}
      className="field mt-0 w-auto max-w-full min-w-40 text-muted"
      value=""
      onChange={({ target }) => onAdd(target.value === "*" ? undefined : target.value.slice(1))}
    >
      <option value="" disabled>
        {title}
      </option>
      <option value="*">All events</option>
      {catalog.eventTypes.map((type) => (
        <option key={type} value={`=${type}`}>
          {type}
        </option>
      ))}
    </select>
  );
}

interface AttributeSelectProps {
  readonly label: string;
  /** The text for no attribute. */
  readonly none: string;
  readonly selected: Attribute | undefined;
  /** The names of the properties to choose from. */
  readonly properties: readonly string[];
  readonly onChange: (attribute: Attribute | undefined) => void;
}

/** Selects a property or a field of events. */
export function AttributeSelect({ label, none, selected, properties, onChange }: AttributeSelectProps) {
  const isUnknown = selected && "property" in selected && !properties.includes(selected.property);
  return (
    <select
      aria-label={label}
      className="field mt-0 w-auto max-w-full min-w-36"
      value={selected ? keyOf(selected) : ""}
      onChange={({ target }) => onChange(attributeOf(target.value))}
    >
      <option value="">{none}</option>
      {isUnknown && <option value={keyOf(selected)}>{nameOf(selected)}</option>}
      <optgroup label="Every event">
        {Object.entries(FIELDS).map(([field, title]) => (
          <option key={field} value={`field:${field}`}>
            {title}
          </option>
        ))}
      </optgroup>
      {properties.length > 0 && (
        <optgroup label="Properties">
          {properties.map((property) => (
            <option key={property} value={`property:${property}`}>
              {property}
            </option>
          ))}
        </optgroup>
      )}
    </select>
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
    <select
      aria-label={label}
      className="field mt-0 w-auto max-w-full min-w-36"
      value={property ?? ""}
      onChange={({ target }) => onChange(target.value)}
    >
      <option value="" disabled>
        Choose a property…
      </option>
      <Options known={properties} selected={property} />
    </select>
  );
}

interface ChoiceProps<T extends string> {
  readonly label: string;
  /** The titles by the values. */
  readonly options: Readonly<Record<T, string>>;
  readonly value: T;
  readonly onChange: (value: T) => void;
}

/** Selects one of a few options, with a visible label. */
export function Choice<T extends string>({ label, options, value, onChange }: ChoiceProps<T>) {
  return (
    <label className="text-sm font-medium">
      {label}
      <select
        className="field w-auto max-w-full"
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

interface OptionsProps {
  readonly known: readonly string[];
  readonly selected: string | undefined;
}

/** The known options, and the selected one if it isn't known (yet). */
function Options({ known, selected }: OptionsProps) {
  const all = selected === undefined || known.includes(selected) ? known : [selected, ...known];
  return all.map((one) => (
    <option key={one} value={one}>
      {one}
    </option>
  ));
}

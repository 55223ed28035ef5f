"use client";

import type { Operator } from "@acme/analytics-sdk/insights";
import { useId } from "react";
import { replaced } from "@/ui/replaced";
import type { Catalog } from "./catalog";
import { nameOf } from "./attributes";
import { type Condition, isComplete, OPERATORS, textOf, valuesFrom } from "./conditions";
import { AttributeSelect } from "./pickers";

/** The number of values that a field suggests. */
const SUGGESTIONS_MAX = 50;

interface ConditionListProps {
  /** What the conditions are about, for screen readers: `step 1` or `all events`. */
  readonly of: string;
  readonly conditions: readonly Condition[];
  /** The type of the events, or undefined for any type. */
  readonly event_type: string | undefined;
  readonly catalog: Catalog;
  readonly onChange: (conditions: readonly Condition[]) => void;
}

/** Conditions that events must all meet, and a picker that adds one. */
export function ConditionList({ of, conditions, event_type, catalog, onChange }: ConditionListProps) {
  return (
    <div className="conditions">
      {conditions.map((condition, index) => (
        <ConditionRow
          key={index} // oxlint-disable-line react/no-array-index-key -- conditions have no identity of their own
          of={of}
          condition={condition}
          catalog={catalog}
          onChange={(changed) => onChange(replaced(conditions, index, changed))}
          onRemove={() => onChange(conditions.filter((one) => one !== condition))}
        />
      ))}
      <span data-add-filter>
        <AttributeSelect
          label={`Add a filter to ${of}`}
          none="Add a filter…"
          properties={catalog.namesOf(event_type)}
          onChange={(attribute) =>
            attribute && onChange([...conditions, { ...attribute, operator: "is", values: [] }])
          }
        />
      </span>
    </div>
  );
}

interface ConditionRowProps {
  readonly of: string;
  readonly condition: Condition;
  readonly catalog: Catalog;
  readonly onChange: (condition: Condition) => void;
  readonly onRemove: () => void;
}

function ConditionRow({ of, condition, catalog, onChange, onRemove }: ConditionRowProps) {
  const { operator, values } = condition;
  const name = nameOf(condition);
  const hasValues = OPERATORS[operator][2] > 0;
  const select = (next: Operator): void => {
    const [, , max] = OPERATORS[next];
    onChange({ ...condition, operator: next, values: values.slice(0, max) });
  };
  return (
    <fieldset aria-label={`Filter of ${of}: ${name}`} className="condition">
      <span className="max-w-48 truncate font-medium">{name}</span>
      <select
        aria-label={`Operator of ${name}`}
        className="field mt-0 w-auto"
        value={operator}
        onChange={({ target }) => select(target.value as Operator)}
      >
        {Object.entries(OPERATORS).map(([option, [title]]) => (
          <option key={option} value={option}>
            {title}
          </option>
        ))}
      </select>
      {hasValues && <ValueField condition={condition} catalog={catalog} onChange={onChange} />}
      <button
        type="button"
        aria-label={`Remove the filter ${name} of ${of}`}
        className="grid size-7 place-items-center rounded text-muted hover:bg-surface hover:text-text"
        onClick={onRemove}
      >
        <span aria-hidden="true">×</span>
      </button>
    </fieldset>
  );
}

type ValueFieldProps = Pick<ConditionRowProps, "condition" | "catalog" | "onChange">;

/** The values of a condition, separated by commas. They are applied by Enter or when the field loses focus. */
function ValueField({ condition, catalog, onChange }: ValueFieldProps) {
  const list = useId();
  const text = textOf(condition.values);
  const apply = (typed: string): void => {
    if (typed !== text) onChange({ ...condition, values: valuesFrom(typed, condition, catalog) });
  };
  return (
    <>
      <input
        key={text} // resets the field when the values change otherwise
        list={list}
        aria-label={`Value of ${nameOf(condition)}`}
        aria-invalid={!isComplete(condition)}
        placeholder={condition.operator === "between" ? "from, to" : "value"}
        autoComplete="off"
        spellCheck={false}
        autoFocus={!condition.values.length} // oxlint-disable-line jsx-a11y/no-autofocus -- the user has just added it
        defaultValue={text}
        className="field mt-0 w-36"
        onBlur={({ target }) => apply(target.value)}
        onKeyDown={({ key, currentTarget }) => {
          if (key === "Enter") apply(currentTarget.value);
        }}
      />
      <datalist id={list}>
        {catalog
          .valuesOf(condition)
          .slice(0, SUGGESTIONS_MAX)
          .map((value) => (
            <option key={String(value)} value={String(value)} />
          ))}
      </datalist>
    </>
  );
}

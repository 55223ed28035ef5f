"use client";

import type { ReactNode } from "react";
import type { Catalog } from "./catalog";
import { ConditionList } from "./condition-list";
import type { Step } from "./conditions";
import { EventSelect } from "./pickers";

interface EventRowProps<S extends Step> {
  /** The name of the row, such as `Step 1`. */
  readonly title: string;
  readonly step: S;
  readonly catalog: Catalog;
  readonly onChange: (step: S) => void;
  /** Undefined if the row can't be removed. */
  readonly onRemove?: (() => void) | undefined;
  /** Further controls after the type of the events. */
  readonly children?: ReactNode;
}

/** Selects events by their type and by conditions. */
export function EventRow<S extends Step>(props: EventRowProps<S>) {
  const { title, step, catalog, onChange, onRemove, children } = props;
  return (
    <li className="flex flex-wrap items-center gap-2 px-4 py-2.5">
      <span className="w-16 shrink-0 text-sm font-medium">{title}</span>
      <EventSelect
        label={`Events of ${title.toLowerCase()}`}
        event_type={step.event_type}
        catalog={catalog}
        onChange={(event_type) => onChange({ ...step, event_type })}
      />
      {children}
      <ConditionList
        of={title.toLowerCase()}
        conditions={step.filters}
        event_type={step.event_type}
        catalog={catalog}
        onChange={(filters) => onChange({ ...step, filters })}
      />
      {onRemove && (
        <button
          type="button"
          aria-label={`Remove ${title.toLowerCase()}`}
          className="link-button ml-auto"
          onClick={onRemove}
        >
          Remove
        </button>
      )}
    </li>
  );
}

"use client";

import type { Catalog } from "./catalog";
import type { Attribute } from "./attributes";
import { AttributeSelect } from "./pickers";

interface BreakdownChoiceProps {
  readonly by: Attribute | undefined;
  readonly catalog: Catalog;
  readonly onChange: (by: Attribute | undefined) => void;
}

/** Selects what divides the results into groups. */
export function BreakdownChoice({ by, catalog, onChange }: BreakdownChoiceProps) {
  return (
    <div className="text-sm font-medium">
      <span aria-hidden="true" className="mb-1 block">
        Break down by
      </span>
      <AttributeSelect
        label="Break down by"
        none="Nothing"
        selected={by}
        properties={catalog.namesOf(undefined)}
        onChange={onChange}
      />
    </div>
  );
}

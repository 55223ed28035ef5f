"use client";

import { type Day, type DayRange, lastDays } from "@/lib/days";
import { PRESETS, problemOf } from "@/lib/filters";
import type { Filters } from "@/lib/filters";
import type { ChangeFilters } from "@/lib/use-filters";

interface RangeChoiceProps {
  readonly filters: Filters;
  readonly today: Day;
  readonly change: ChangeFilters;
}

/** So many days until today by a click, or two dates. */
export function RangeChoice({ filters: { range, days }, today, change }: RangeChoiceProps) {
  const choose = (changed: Partial<DayRange>): void => {
    const next = { ...range, ...changed };
    if (!next.start_date || !next.end_date || problemOf(next)) return; // half typed
    change({ range: next, days: undefined });
  };
  return (
    <fieldset aria-label="Days (UTC)" className="flex flex-wrap items-center gap-2">
      <div className="flex rounded-md border border-line bg-surface p-0.5">
        {PRESETS.map((preset) => (
          <button
            key={preset}
            type="button"
            aria-pressed={days === preset}
            onClick={() => change({ days: preset, range: lastDays(preset, today) })}
            className="segment"
          >
            {preset} days
          </button>
        ))}
      </div>
      <div className="flex items-center gap-1.5 text-sm">
        <input
          type="date"
          aria-label="First day (UTC)"
          className="field mt-0 w-auto bg-surface py-1"
          value={range.start_date}
          max={range.end_date}
          onChange={({ target }) => choose({ start_date: target.value })}
        />
        <span aria-hidden="true" className="text-muted">
          –
        </span>
        <input
          type="date"
          aria-label="Last day (UTC)"
          className="field mt-0 w-auto bg-surface py-1"
          value={range.end_date}
          min={range.start_date}
          onChange={({ target }) => choose({ end_date: target.value })}
        />
      </div>
    </fieldset>
  );
}

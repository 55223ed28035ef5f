"use client";

import { type Day, type DayRange, lastDays } from "./days";
import { type Filters, PRESETS, problemOf } from "./filters";
import type { ChangeFilters } from "./use-filters";

interface RangeFilterProps {
  readonly filters: Filters;
  readonly today: Day;
  readonly change: ChangeFilters;
}

/** Selects the last 7, 30 or 90 days, or two dates. */
export function RangeFilter({ filters: { range, days }, today, change }: RangeFilterProps) {
  const choose = (changed: Partial<DayRange>): void => {
    const next = { ...range, ...changed };
    if (!next.start_date || !next.end_date || problemOf(next)) return; // the date is incomplete
    change({ range: next, days: undefined });
  };
  return (
    <fieldset aria-label="Date range (UTC)" className="flex flex-wrap items-center gap-2">
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
        <DateField
          label="Start date (UTC)"
          value={range.start_date}
          max={range.end_date}
          onChoose={(day) => choose({ start_date: day })}
        />
        <span aria-hidden="true" className="text-muted">
          –
        </span>
        <DateField
          label="End date (UTC)"
          value={range.end_date}
          min={range.start_date}
          onChoose={(day) => choose({ end_date: day })}
        />
      </div>
    </fieldset>
  );
}

interface DateFieldProps {
  readonly label: string;
  readonly value: Day;
  readonly min?: Day;
  readonly max?: Day;
  readonly onChoose: (day: Day) => void;
}

function DateField({ label, onChoose, ...limits }: DateFieldProps) {
  return (
    <input
      type="date"
      aria-label={label}
      className="field mt-0 w-auto bg-surface py-1"
      {...limits}
      onChange={({ target }) => onChoose(target.value)}
    />
  );
}

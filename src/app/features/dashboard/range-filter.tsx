"use client";

import { type KeyboardEvent, useId, useRef } from "react";
import { type Day, lastDays } from "./days";
import { type Dates, PRESETS } from "./filters";
import { useRangeDraft } from "./use-range-draft";

/** The year has four digits, so that a field ends after the fourth. */
const LAST_DAY: Day = "9999-12-31";

interface RangeFilterProps {
  readonly dates: Dates;
  readonly today: Day;
  readonly onChange: (dates: Dates) => void;
}

/** Selects the last 7, 30 or 90 days, or two dates. */
export function RangeFilter({ dates: { range, days }, today, onChange }: RangeFilterProps) {
  const { draft, problem, edit, apply, reset } = useRangeDraft(range, (chosen) =>
    onChange({ range: chosen, days: undefined }),
  );
  const problemId = useId();
  const description = problem ? problemId : undefined;
  return (
    <fieldset aria-label="Date range (UTC)" className="flex flex-wrap items-center gap-2">
      <div className="flex rounded-md border border-line bg-surface p-0.5">
        {PRESETS.map((preset) => (
          <button
            key={preset}
            type="button"
            aria-pressed={days === preset}
            onClick={() => {
              reset();
              onChange({ days: preset, range: lastDays(preset, today) });
            }}
            className="segment"
          >
            {preset} days
          </button>
        ))}
      </div>
      <div className="flex items-center gap-1.5 text-sm">
        <DateField
          label="Start date (UTC)"
          value={draft.start_date}
          onType={(day) => edit({ start_date: day })}
          onPick={(day) => apply({ start_date: day })}
          onFinish={() => apply()}
          description={description}
        />
        <span aria-hidden="true" className="text-muted">
          –
        </span>
        <DateField
          label="End date (UTC)"
          value={draft.end_date}
          onType={(day) => edit({ end_date: day })}
          onPick={(day) => apply({ end_date: day })}
          onFinish={() => apply()}
          description={description}
        />
      </div>
      {problem && (
        <p id={problemId} role="alert" className="w-0 min-w-full text-sm text-bad">
          {problem}
        </p>
      )}
    </fieldset>
  );
}

interface DateFieldProps {
  readonly label: string;
  readonly value: Day;
  /** Called with each change of a date that is being typed. */
  readonly onType: (day: Day) => void;
  readonly onPick: (day: Day) => void;
  /** Called when the typed date is finished. */
  readonly onFinish: () => void;
  /** The id of the text that says why the range isn't applied. */
  readonly description: string | undefined;
}

/** A date that can be picked or typed. A typed date is finished by Enter or when the field loses focus. */
function DateField({ label, value, onType, onPick, onFinish, description }: DateFieldProps) {
  const isTyped = useRef(false);
  const typeOrFinish = ({ key }: KeyboardEvent): void => {
    isTyped.current = key !== "Enter";
    if (key === "Enter") onFinish();
  };
  return (
    <input
      type="date"
      aria-label={label}
      aria-invalid={description !== undefined}
      aria-describedby={description}
      className="field mt-0 w-auto bg-surface py-1"
      max={LAST_DAY}
      value={value}
      onKeyDown={typeOrFinish}
      onPointerDown={() => (isTyped.current = false)}
      onChange={({ target }) => (isTyped.current ? onType : onPick)(target.value)}
      onBlur={onFinish}
    />
  );
}

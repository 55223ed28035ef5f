"use client";

import { type FormEvent, useId, useRef, useState } from "react";
import type { Day, DayRange } from "@/features/dashboard/days";
import { formatRange } from "@/features/dashboard/format";
import { closeMenu, LazyMenu } from "@/ui/menu";
import { Calendar } from "./calendar";
import { type Dates, type Preset, presetDates, PRESETS, problemOf } from "./ranges";

/** The year has four digits, so that a field ends after the fourth. */
const LAST_DAY: Day = "9999-12-31";

interface RangeMenuProps {
  readonly dates: Dates;
  readonly today: Day;
  /** The time zone in which the days begin. */
  readonly zone: string;
  readonly onChange: (dates: Dates) => void;
}

/** Selects a preset, or any range with a calendar or by typing its dates. */
export function RangeMenu({ dates, today, zone, onChange }: RangeMenuProps) {
  const content = useRef<HTMLDivElement>(null);
  const choose = (chosen: Dates): void => {
    if (content.current) closeMenu(content.current);
    onChange(chosen);
  };
  const title = dates.preset ? PRESETS[dates.preset] : formatRange(dates.range);
  return (
    <LazyMenu
      label={`Date range (${zone}): ${title}`}
      className="select-button"
      button={<span className="truncate">{title}</span>}
    >
      <div ref={content} className="space-y-3 p-2">
        <div className="grid grid-cols-2 gap-x-1">
          {Object.entries(PRESETS).map(([preset, name]) => (
            <button
              key={preset}
              type="button"
              aria-pressed={preset === dates.preset}
              className="menu-item aria-pressed:bg-raised aria-pressed:font-medium"
              onClick={() => choose(presetDates(preset as Preset, today))}
            >
              {name}
            </button>
          ))}
        </div>
        <div className="border-t border-line pt-3">
          <Calendar
            range={dates.range}
            today={today}
            onSelect={(range) => choose({ range, preset: undefined })}
          />
        </div>
        <TypedRange
          zone={zone}
          range={dates.range}
          onApply={(range) => choose({ range, preset: undefined })}
        />
      </div>
    </LazyMenu>
  );
}

interface TypedRangeProps {
  readonly zone: string;
  readonly range: DayRange;
  readonly onApply: (range: DayRange) => void;
}

/** Two dates that are typed, and applied together. */
function TypedRange({ zone, range, onApply }: TypedRangeProps) {
  const [problem, setProblem] = useState<string>();
  const problemId = useId();
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const fields = event.currentTarget.elements;
    const valueOf = (name: string): string => (fields.namedItem(name) as HTMLInputElement).value;
    const typed = { start_date: valueOf("start_date"), end_date: valueOf("end_date") };
    const found = problemOf(typed);
    setProblem(found);
    if (!found) onApply(typed);
  };
  return (
    <form noValidate onSubmit={submit} className="space-y-2 border-t border-line pt-3 text-sm">
      <div className="grid grid-cols-2 gap-2">
        {(
          [
            ["start_date", `Start date (${zone})`],
            ["end_date", `End date (${zone})`],
          ] as const
        ).map(([name, label]) => (
          <label key={name} className="min-w-0 text-xs text-muted">
            {label}
            <input
              type="date"
              name={name}
              aria-invalid={problem !== undefined}
              aria-describedby={problem && problemId}
              className="field px-1 text-text"
              max={LAST_DAY}
              defaultValue={range[name]}
            />
          </label>
        ))}
      </div>
      {problem && (
        <p id={problemId} role="alert" className="text-bad">
          {problem}
        </p>
      )}
      <button className="button w-full">Apply</button>
    </form>
  );
}

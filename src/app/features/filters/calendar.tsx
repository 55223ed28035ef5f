"use client";

import { type KeyboardEvent, useRef, useState } from "react";
import { flushSync } from "react-dom";
import {
  addDays,
  type Day,
  type DayRange,
  lengthOf,
  startOfMonth,
  weekdayOf,
} from "@/features/dashboard/days";
import { formatMonth, formatWeekday } from "@/features/dashboard/format";

const WEEKDAYS = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];
const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

interface CalendarProps {
  readonly range: DayRange;
  readonly today: Day;
  /** Called with a range when its second end is selected. */
  readonly onSelect: (range: DayRange) => void;
}

/** A month in which a range is selected by its first and its last day. */
export function Calendar({ range, today, onSelect }: CalendarProps) {
  const [month, setMonth] = useState(startOfMonth(range.end_date));
  const [start, setStart] = useState<Day>();
  const [focused, setFocused] = useState(range.end_date);
  const grid = useRef<HTMLFieldSetElement>(null);
  const shown = start === undefined ? range : { start_date: start, end_date: start };
  const select = (day: Day): void => {
    setFocused(day);
    if (start === undefined) return setStart(day);
    setStart(undefined);
    return onSelect(
      start <= day ? { start_date: start, end_date: day } : { start_date: day, end_date: start },
    );
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const day = addDays(focused, step);
    flushSync(() => {
      setFocused(day);
      setMonth(startOfMonth(day));
    });
    grid.current?.querySelector<HTMLElement>("[tabindex='0']")?.focus();
  };
  const turn = (months: number): void => {
    setMonth(startOfMonth(month, months));
    setFocused(startOfMonth(month, months));
  };
  return (
    <div className="text-sm">
      <div className="flex items-center justify-between pb-1">
        <Turn label="Previous month" onClick={() => turn(-1)}>
          ‹
        </Turn>
        <span aria-live="polite" className="font-medium">
          {formatMonth(month.slice(0, 7))}
        </span>
        <Turn label="Next month" onClick={() => turn(1)}>
          ›
        </Turn>
      </div>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- moves between its buttons */}
      <fieldset
        ref={grid}
        aria-label={start === undefined ? "Select the first day" : "Select the last day"}
        className="grid grid-cols-7 text-center"
        onKeyDown={onKeyDown}
      >
        {WEEKDAYS.map((name) => (
          <span key={name} aria-hidden="true" className="py-1 text-xs text-muted">
            {name}
          </span>
        ))}
        {daysOfMonth(month).map((day, index) => (
          <button
            key={day}
            type="button"
            aria-label={formatWeekday(day)}
            aria-pressed={day >= shown.start_date && day <= shown.end_date}
            aria-current={day === today ? "date" : undefined}
            tabIndex={day === focused ? 0 : -1}
            className="calendar-day"
            style={index ? undefined : { gridColumnStart: weekdayOf(day) + 1 }}
            onClick={() => select(day)}
          >
            {Number(day.slice(8))}
          </button>
        ))}
      </fieldset>
    </div>
  );
}

interface TurnProps {
  readonly label: string;
  readonly onClick: () => void;
  readonly children: string;
}

function Turn({ label, onClick, children }: TurnProps) {
  return (
    <button type="button" aria-label={label} className="link-button px-3 text-base/4" onClick={onClick}>
      {children}
    </button>
  );
}

function daysOfMonth(month: Day): readonly Day[] {
  const end_date = addDays(startOfMonth(month, 1), -1);
  return Array.from({ length: lengthOf({ start_date: month, end_date }) }, (_, day) => addDays(month, day));
}

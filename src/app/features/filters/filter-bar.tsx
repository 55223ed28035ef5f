"use client";

import type { Comparison, Interval } from "@acme/analytics-sdk/insights";
import { useEffect, useRef } from "react";
import type { Question } from "@/features/insights/address";
import type { Catalog } from "@/features/insights/catalog";
import { ConditionList } from "@/features/insights/condition-list";
import { Choice } from "@/features/insights/pickers";
import { ViewControls } from "@/features/views/view-controls";
import { useToday } from "@/features/clock/clock";
import { COMPARISONS } from "./intervals";
import { RangeMenu } from "./range-menu";

/** The parts of a question that the bar changes. A page has only some of them. */
interface Filtered extends Question {
  readonly interval?: Interval;
  readonly compare?: Comparison | "off";
}

interface FilterBarProps<Q extends Filtered> {
  /** The title of the page. */
  readonly title: string;
  readonly question: Q;
  readonly catalog: Catalog;
  /** The intervals to choose from. */
  readonly intervals?: Readonly<Partial<Record<Interval, string>>> | undefined;
  /** Whether only the fields that every event has can be filtered. */
  readonly hasOnlyFields?: boolean;
  readonly onChange: (change: Partial<Filtered>) => void;
}

/** The range, the comparison, the interval and the filters of everything on the page. It stays visible. */
export function FilterBar<Q extends Filtered>(props: FilterBarProps<Q>) {
  const { title, question, catalog, intervals, hasOnlyFields = false, onChange } = props;
  const { dates, filters, interval, compare } = question;
  const { day, timezone } = useToday();
  const bar = useRef<HTMLDivElement>(null);
  useSlashKey(() => bar.current?.querySelector<HTMLElement>("[data-add-filter] button")?.click());
  return (
    <div ref={bar} className="filter-bar">
      <h1 className="mr-2 shrink-0 text-xl font-semibold">{title}</h1>
      <RangeMenu
        dates={dates}
        today={day}
        zone={timezone}
        onChange={(chosen) => onChange({ dates: chosen })}
      />
      <ConditionList
        of="all events"
        conditions={filters}
        event_type={undefined}
        catalog={hasOnlyFields ? { ...catalog, namesOf: () => [] } : catalog}
        onChange={(changed) => onChange({ filters: changed })}
      />
      {filters.length > 0 && (
        <button type="button" className="link-button shrink-0" onClick={() => onChange({ filters: [] })}>
          Clear filters
        </button>
      )}
      <div className="flex gap-2 sm:ml-auto">
        {interval && intervals && (
          <Choice
            isCompact
            label="Interval"
            options={intervals as Readonly<Record<Interval, string>>}
            value={interval}
            onChange={(chosen) => onChange({ interval: chosen })}
          />
        )}
        {compare && (
          <Choice
            isCompact
            label="Compare with"
            options={COMPARISONS}
            value={compare}
            onChange={(chosen) => onChange({ compare: chosen })}
          />
        )}
        <ViewControls />
      </div>
    </div>
  );
}

/** Call `act` when the key `/` is pressed outside a field. */
function useSlashKey(act: () => void): void {
  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  });
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const isField =
        event.target instanceof Element && event.target.closest("input:not([type=range]), textarea, dialog");
      if (event.key !== "/" || isField || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      latest.current();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, []);
}

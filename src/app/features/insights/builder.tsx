"use client";

import type { ReactNode } from "react";
import type { Day } from "@/features/dashboard/days";
import { Notes } from "@/features/dashboard/filter-bar";
import { RangeFilter } from "@/features/dashboard/range-filter";
import type { Question } from "./address";
import type { Catalog } from "./catalog";
import { ConditionList } from "./condition-list";

interface BuilderProps {
  /** The title of the page. */
  readonly title: string;
  readonly question: Question;
  readonly problems: readonly string[];
  readonly catalog: Catalog;
  readonly today: Day;
  readonly onChange: (change: Partial<Question>) => void;
  /** The rows of events. */
  readonly rows: ReactNode;
  /** The controls below the rows. */
  readonly options: ReactNode;
  /** The result. */
  readonly children: ReactNode;
}

/** A page that asks a question about events: its range, its events, its options, and the result. */
export function Builder(props: BuilderProps) {
  const { title, question, problems, catalog, today, onChange, rows, options, children } = props;
  return (
    <main className="mx-auto max-w-[100rem] space-y-4 px-3 py-5 sm:px-6">
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
        <h1 className="text-xl font-semibold">{title}</h1>
        <RangeFilter dates={question.dates} today={today} onChange={(dates) => onChange({ dates })} />
      </div>
      <Notes notes={problems} />
      <section aria-label="Question" className="rounded-lg border border-line bg-surface text-sm">
        <ul className="divide-y divide-line">{rows}</ul>
        <div className="flex flex-wrap items-center gap-2 border-t border-line px-4 py-2.5">
          <span className="w-16 shrink-0 text-sm font-medium">Filters</span>
          <ConditionList
            of="all events"
            conditions={question.filters}
            event_type={undefined}
            catalog={catalog}
            onChange={(filters) => onChange({ filters })}
          />
        </div>
        <div className="flex flex-wrap items-end gap-3 border-t border-line px-4 py-3">{options}</div>
      </section>
      {children}
    </main>
  );
}

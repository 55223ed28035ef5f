"use client";

import type { Interval } from "@acme/analytics-sdk/insights";
import type { ReactNode } from "react";
import { FilterBar } from "@/features/filters/filter-bar";
import { Notes } from "@/ui/notes";
import type { Question } from "./address";
import type { Catalog } from "./catalog";
import { UpdatesProvider } from "./updates";

interface BuilderProps<Q extends Question> {
  /** The title of the page. */
  readonly title: string;
  readonly question: Q;
  readonly problems: readonly string[];
  readonly catalog: Catalog;
  readonly intervals?: Readonly<Partial<Record<Interval, string>>> | undefined;
  readonly onChange: (change: Partial<Q>) => void;
  /** The rows of events. */
  readonly rows: ReactNode;
  /** The controls below the rows. */
  readonly options: ReactNode;
  /** The result. */
  readonly children: ReactNode;
}

/** A page that asks a question about events: its range, its events, its options, and the result. */
export function Builder<Q extends Question>(props: BuilderProps<Q>) {
  const { title, question, problems, catalog, intervals, onChange, rows, options, children } = props;
  return (
    <main className="mx-auto max-w-[100rem] space-y-4 px-3 pb-5 sm:px-6">
      <FilterBar
        title={title}
        question={question}
        catalog={catalog}
        intervals={intervals}
        onChange={(change) => onChange(change as Partial<Q>)}
      />
      <Notes notes={problems} />
      <section aria-label="Question" className="rounded-lg border border-line bg-surface text-sm">
        <ul className="divide-y divide-line">{rows}</ul>
        <div className="flex flex-wrap items-end gap-3 border-t border-line px-4 py-3">{options}</div>
      </section>
      <UpdatesProvider>{children}</UpdatesProvider>
    </main>
  );
}

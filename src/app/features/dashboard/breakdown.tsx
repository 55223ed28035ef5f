"use client";

import type { TrendSeries } from "@acme/analytics-sdk/insights";
import { useState } from "react";
import { type Attribute, keyOf, nameOf } from "@/features/insights/attributes";
import type { Catalog } from "@/features/insights/catalog";
import type { Condition } from "@/features/insights/conditions";
import { CsvButton } from "@/features/insights/csv-button";
import { nameOfGroup } from "@/features/insights/format";
import { AttributeSelect } from "@/features/insights/pickers";
import type { Series } from "@/features/insights/trends-question";
import { Updated } from "@/features/insights/updates";
import { useAnswer } from "@/features/insights/use-answer";
import { conditionOf, isSame, toggledCondition } from "@/features/users/behind";
import { Panel } from "@/ui/panel";
import { Skeleton } from "@/ui/skeleton";
import { formatNumber, formatShare } from "./format";
import { type OverviewQuestion, queryOfBreakdown } from "./overview-question";

/** The number of properties that have a tab. */
const TABS = 4;
const EVENT_TYPE: Attribute = { field: "event_type" };

interface BreakdownProps {
  readonly question: OverviewQuestion;
  /** What is counted. */
  readonly title: string;
  readonly series: Series;
  readonly catalog: Catalog;
  readonly onChange: (change: Partial<OverviewQuestion>) => void;
}

/** The measure by event type or by a property. A click on a row filters by it. */
export function Breakdown({ question, title, series, catalog, onChange }: BreakdownProps) {
  const { shown, isOld, error, updatedAt } = useAnswer<"trends", OverviewQuestion>(question, {
    kind: "trends",
    ...queryOfBreakdown(question, series),
  });
  const [search, setSearch] = useState("");
  const by = shown?.question.by ?? question.by;
  const rows = shown?.data.series ?? [];
  const found = rows.filter((row) => titleOfRow(row).toLowerCase().includes(search.trim().toLowerCase()));
  return (
    <Panel
      title={`${title} by ${nameOf(by).toLowerCase()}`}
      aside={
        rows.length > 0 && (
          <CsvButton
            name="breakdown"
            rows={() => [[nameOf(by), title], ...rows.map((row) => [titleOfRow(row), row.total])]}
          />
        )
      }
      className="flex min-w-0 flex-col"
    >
      <Tabs by={question.by} catalog={catalog} onChange={(chosen) => onChange({ by: chosen })} />
      <div className="px-4 pb-2">
        <input
          type="search"
          aria-label="Search the rows"
          placeholder="Search…"
          autoComplete="off"
          spellCheck={false}
          value={search}
          onChange={({ target }) => setSearch(target.value)}
          className="field mt-0 text-sm"
        />
      </div>
      {shown && !found.length && (
        <p className="px-4 text-sm text-muted">
          {rows.length ? "Nothing found." : "No events in this period."}
        </p>
      )}
      {error && !shown && <p className="px-4 text-sm text-muted">These values aren&apos;t available.</p>}
      <ul
        aria-label={`Values of ${nameOf(by)}`}
        aria-busy={(!shown && !error) || isOld}
        data-old={isOld || undefined}
        className="answer h-80 grow space-y-1 overflow-y-auto px-2 pb-3"
      >
        {shown ? (
          <Rows
            rows={found}
            all={rows}
            by={by}
            hasShares={!series.aggregate}
            filters={question.filters}
            onToggle={(condition) => onChange({ filters: toggledCondition(question.filters, condition) })}
          />
        ) : (
          !error && <SkeletonRows />
        )}
      </ul>
      <Updated at={updatedAt} />
    </Panel>
  );
}

interface TabsProps {
  readonly by: Attribute;
  readonly catalog: Catalog;
  readonly onChange: (by: Attribute) => void;
}

/** The event types, the most frequent properties, and all other properties in a list. */
function Tabs({ by, catalog, onChange }: TabsProps) {
  const names = catalog.namesOf(undefined);
  const tabs = [EVENT_TYPE, ...catalog.categories.slice(0, TABS).map((property) => ({ property }))];
  const isOther = !tabs.some((tab) => keyOf(tab) === keyOf(by));
  return (
    <div className="flex items-center gap-1 overflow-x-auto px-4 pb-2">
      {[...tabs, ...(isOther ? [by] : [])].map((tab) => (
        <button
          key={keyOf(tab)}
          type="button"
          aria-pressed={keyOf(tab) === keyOf(by)}
          className="segment max-w-32 shrink-0 truncate"
          onClick={() => onChange(tab)}
        >
          {nameOf(tab)}
        </button>
      ))}
      <AttributeSelect
        label="Break down by"
        none="More…"
        properties={names}
        onChange={(chosen) => chosen && onChange(chosen)}
      />
    </div>
  );
}

interface RowsProps {
  readonly rows: readonly TrendSeries[];
  readonly all: readonly TrendSeries[];
  readonly by: Attribute;
  /** Whether the rows are parts of a whole. */
  readonly hasShares: boolean;
  readonly filters: readonly Condition[];
  readonly onToggle: (condition: Condition) => void;
}

function Rows({ rows, all, by, hasShares, filters, onToggle }: RowsProps) {
  const totals = all.map(({ total }) => total ?? 0);
  const most = Math.max(...totals, 1);
  const sum = totals.reduce((one, other) => one + other, 0);
  return rows.map((row) => {
    const condition = row.breakdown && conditionOf(by, row.breakdown);
    const name = titleOfRow(row);
    return (
      <li key={`${row.breakdown?.kind} ${typeof row.breakdown?.value} ${name}`}>
        <button
          type="button"
          disabled={!condition}
          aria-pressed={condition ? filters.some((one) => isSame(one, condition)) : undefined}
          onClick={() => condition && onToggle(condition)}
          className="breakdown-row"
        >
          <span className="flex justify-between gap-3">
            <span className="truncate">{name}</span>
            <span className="shrink-0 tabular-nums">
              {formatNumber(row.total)}{" "}
              {hasShares && (
                <span className="inline-block w-12 text-right text-muted">
                  {formatShare(row.total ?? 0, sum)}
                </span>
              )}
            </span>
          </span>
          <span aria-hidden="true" className="block h-1 rounded-full bg-raised">
            <span
              className="block h-1 rounded-full bg-accent"
              style={{ width: `${(100 * (row.total ?? 0)) / most}%` }}
            />
          </span>
        </button>
      </li>
    );
  });
}

function titleOfRow({ breakdown }: TrendSeries): string {
  return breakdown ? nameOfGroup(breakdown) : "";
}

function SkeletonRows() {
  return Array.from({ length: 7 }, (_, row) => (
    <li key={row} className="px-2 py-2.5">
      <Skeleton className="h-4 w-full" />
    </li>
  ));
}

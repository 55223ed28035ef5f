"use client";

import { lazy, type ReactNode, Suspense, useState } from "react";
import { LineChart, LINES_MAX } from "@/features/charts/line-chart";
import { useNow, useToday, useZone } from "@/features/clock/clock";
import { changeOf } from "@/features/dashboard/changes";
import type { DayRange } from "@/features/dashboard/days";
import { formatChange, formatNumber, formatTick } from "@/features/dashboard/format";
import { type Coverage, coverageOf, daysOfBucket } from "@/features/filters/intervals";
import { PeriodTable } from "@/ui/table";
import { ScrollRegion } from "./scroll-region";
import { type Buckets, pastOf, pointsOf, type TrendLine } from "./trends-lines";

/** Without its script, the chart is complete. */
const ChartAnnotations = lazy(() =>
  import("@/features/annotations/chart-annotations").catch(() => ({ default: () => <></> })),
);

/** Opens the list of the users behind a number. Returns undefined if the API can't list them. */
export type OpenUsers = (line: TrendLine, days: DayRange) => (() => void) | undefined;

interface TrendsProps {
  readonly result: Buckets;
  readonly lines: readonly TrendLine[];
  readonly range: DayRange;
  /** The code of ISO 4217, if the values are amounts of money. */
  readonly currency?: string | null | undefined;
  readonly openUsers: OpenUsers;
  /** Whether the lines have a table of totals. */
  readonly hasTotals?: boolean;
  /** Whether the chart shows the annotations of the organisation. */
  readonly hasAnnotations: boolean;
  /** Whether earlier values of an unfinished interval end at the same time of day. */
  readonly endsAtSameTime?: boolean;
}

/** The lines of a result as a chart, with their totals and their values. */
export function Trends({
  result,
  lines,
  range,
  currency,
  openUsers,
  hasAnnotations,
  hasTotals = true,
  endsAtSameTime = true,
}: TrendsProps) {
  const { interval, buckets } = result;
  const coverage = coverageOf(buckets, interval, range, useNow(), useToday().day);
  const points = pointsOf(result);
  const shown = lines.slice(0, LINES_MAX);
  const open = (point: number): void => {
    const [first] = shown;
    if (first && interval !== "hour") openUsers(first, daysOfBucket(buckets[point]!, interval, range))?.();
  };
  return (
    <>
      <LineChart
        label={`Values by ${interval}`}
        points={points}
        isFirstPartial={coverage.isFirstPartial}
        partial={coverage.partial}
        lines={shown.map(({ id, title, values, previous }) => ({
          id,
          title,
          values: pastOf(values, coverage),
          previous: previous && pastOf(previous.values, coverage),
        }))}
        format={(value) => formatNumber(value, currency)}
        formatAxis={(value) => formatTick(value, currency)}
        onOpen={shown.length === 1 ? open : undefined}
        over={
          hasAnnotations && (
            <Suspense>
              <ChartAnnotations range={range} buckets={buckets} />
            </Suspense>
          )
        }
      />
      <ChartNotes
        coverage={coverage}
        interval={interval}
        lines={lines.length}
        isCompared={endsAtSameTime && Boolean(lines[0]?.previous)}
      />
      {hasTotals && (
        <ScrollRegion label="Totals">
          <PeriodTable
            caption="Totals of the range"
            headings={lines[0]?.previous ? ["Series", "Total", "Before", "Change"] : ["Series", "Total"]}
            rows={lines.map((line) => [
              line.title,
              <Users key="total" open={openUsers(line, range)}>
                {formatNumber(line.total)}
              </Users>,
              ...(line.previous
                ? [formatNumber(line.previous.total), formatChange(changeOf(line.total, line.previous.total))]
                : []),
            ])}
          />
        </ScrollRegion>
      )}
      <Values {...{ result, lines, range, currency, openUsers, coverage }} />
    </>
  );
}

interface ChartNotesProps {
  readonly coverage: Coverage;
  readonly interval: string;
  readonly lines: number;
  readonly isCompared: boolean;
}

/** Says what the chart doesn't show completely. */
function ChartNotes({
  coverage: { isFirstPartial, partial, isUnfinished },
  interval,
  lines,
  isCompared,
}: ChartNotesProps) {
  const incomplete = [
    isFirstPartial && "first",
    partial !== undefined && (isUnfinished ? "current" : "last"),
  ];
  const names = incomplete.filter(Boolean).join(" and the ");
  const notes = [
    ...(names ? [`Dashed: the ${names} ${interval} ${names.includes(" ") ? "are" : "is"} incomplete.`] : []),
    ...(isUnfinished && isCompared ? ["Earlier values are those up to the same time."] : []),
    ...(lines > LINES_MAX ? [`The chart shows the first ${LINES_MAX} of ${lines} lines.`] : []),
  ];
  return notes.length > 0 && <p className="px-4 pb-3 text-xs text-muted">{notes.join(" ")}</p>;
}

/** A number that opens the list of the users behind it. */
function Users({
  open,
  children,
}: {
  readonly open: (() => void) | undefined;
  readonly children: ReactNode;
}) {
  if (!open) return children;
  return (
    <button type="button" title="List the users" className="number-button" onClick={open}>
      {children}
    </button>
  );
}

interface ValuesProps {
  readonly result: Buckets;
  readonly lines: readonly TrendLine[];
  readonly range: DayRange;
  readonly currency: string | null | undefined;
  readonly openUsers: OpenUsers;
  readonly coverage: Coverage;
}

/** The values of all lines, which can be a hundred thousand cells. They are rendered when they are opened. */
function Values({ result, lines, range, currency, openUsers, coverage }: ValuesProps) {
  const { buckets, interval } = result;
  const zone = useZone();
  const [isOpen, setIsOpen] = useState(false);
  const titles = isOpen ? pointsOf({ buckets, interval }) : [];
  const past = lines.map(({ values }) => pastOf(values, coverage));
  return (
    <details className="border-t border-line" onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}>
      <summary className="px-4 py-2.5 text-sm text-muted">Show as table</summary>
      {isOpen && (
        <ScrollRegion label="Values">
          <PeriodTable
            isUniform
            caption={`Values by ${interval}, newest first`}
            headings={[
              `Begins (${zone})`,
              ...lines.flatMap(({ title, previous }) => [title, ...(previous ? [`${title} (before)`] : [])]),
            ]}
            rows={titles
              .map(({ title }, place) => [
                title,
                ...lines.flatMap((line, index) => [
                  <Users
                    key={line.id}
                    open={
                      interval === "hour" || !past[index]![place]
                        ? undefined
                        : openUsers(line, daysOfBucket(buckets[place]!, interval, range))
                    }
                  >
                    {formatNumber(past[index]![place] ?? null, currency)}
                  </Users>,
                  ...(line.previous ? [formatNumber(line.previous.values[place] ?? null, currency)] : []),
                ]),
              ])
              .reverse()}
          />
        </ScrollRegion>
      )}
    </details>
  );
}

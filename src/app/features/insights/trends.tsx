"use client";

import type { TrendsResult } from "@acme/analytics-sdk/insights";
import { useState } from "react";
import { formatChange, formatNumber, formatTick } from "@/features/dashboard/format";
import { changeOf } from "@/features/dashboard/metrics";
import { PeriodTable } from "@/ui/table";
import { LineChart, LINES_MAX } from "./line-chart";
import { ScrollRegion } from "./scroll-region";
import { pointsOf, type TrendLine } from "./trends-lines";

interface TrendsProps {
  /** Whether the last interval isn't over yet. */
  readonly isUnfinished: boolean;
  readonly result: TrendsResult;
  readonly lines: readonly TrendLine[];
}

/** The lines of a result as a chart, with their totals and their values. */
export function Trends({ result, lines, isUnfinished }: TrendsProps) {
  const points = pointsOf(result);
  const shown = lines.slice(0, LINES_MAX);
  return (
    <>
      <LineChart
        key={points.join()}
        label={`Values by ${result.interval}`}
        points={points}
        isUnfinished={isUnfinished}
        lines={shown.map(({ previous, ...line }) => ({ ...line, previous: previous?.values }))}
        format={formatNumber}
        formatAxis={formatTick}
      />
      {(isUnfinished || lines.length > shown.length) && (
        <p className="px-4 pb-3 text-xs text-muted">
          {isUnfinished && `The last ${result.interval} is incomplete, so its line is dotted. `}
          {lines.length > shown.length &&
            `The chart shows the first ${shown.length} of ${lines.length} lines.`}
        </p>
      )}
      <ScrollRegion label="Totals">
        <PeriodTable
          caption="Totals of the range"
          headings={lines[0]?.previous ? ["Series", "Total", "Before", "Change"] : ["Series", "Total"]}
          rows={lines.map(({ title, total, previous }) => [
            title,
            formatNumber(total),
            ...(previous
              ? [formatNumber(previous.total), formatChange(changeOf(total, previous.total))]
              : []),
          ])}
        />
      </ScrollRegion>
      <Values result={result} points={points} lines={lines} />
    </>
  );
}

interface ValuesProps {
  readonly result: TrendsResult;
  readonly points: readonly string[];
  readonly lines: readonly TrendLine[];
}

/** The values of all lines, which can be a hundred thousand cells. They are rendered when they are opened. */
function Values({ result, points, lines }: ValuesProps) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <details className="border-t border-line" onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}>
      <summary className="px-4 py-2.5 text-sm text-muted">Show as table</summary>
      {isOpen && (
        <ScrollRegion label="Values">
          <PeriodTable
            isUniform
            caption={`Values by ${result.interval}, newest first`}
            headings={["Begins (UTC)", ...lines.map(({ title }) => title)]}
            rows={points
              .map((point, place) => [
                point,
                ...lines.map(({ values }) => formatNumber(values[place] ?? null)),
              ])
              .reverse()}
          />
        </ScrollRegion>
      )}
    </details>
  );
}

"use client";

import type { TrendsResult } from "@acme/analytics-sdk/insights";
import { useState } from "react";
import { formatNumber, formatShare } from "@/features/dashboard/format";
import { MeasureCards } from "@/features/dashboard/measure-cards";
import { MeasureChart } from "@/features/dashboard/measure-chart";
import { countedMeasures, countedOf } from "@/features/dashboard/measures";
import type { OverviewQuestion } from "@/features/dashboard/overview-question";
import { nameOf } from "@/features/insights/attributes";
import { CsvButton } from "@/features/insights/csv-button";
import { nameOfGroup } from "@/features/insights/format";
import { ScrollRegion } from "@/features/insights/scroll-region";
import { Panel } from "@/ui/panel";
import { PeriodTable } from "@/ui/table";

interface SharedOverviewProps {
  readonly question: OverviewQuestion;
  readonly data: TrendsResult;
  /** The measure of the view by its breakdown. */
  readonly groups: TrendsResult;
}

/** The measures of a shared overview, the chart of one of them, and the breakdown of the view's measure. */
export function SharedOverview({ question, data, groups }: SharedOverviewProps) {
  const counted = countedOf(question.measure);
  const [name, setName] = useState(counted.name);
  const measures = countedMeasures(data);
  const by = nameOf(question.by);
  const rows = groups.series.map(
    ({ breakdown, total }) => [breakdown ? nameOfGroup(breakdown) : "", total] as const,
  );
  const sum = rows.reduce((all, [, total]) => all + (total ?? 0), 0);
  const hasShares = !counted.series.aggregate; // the same user can be in several groups
  return (
    <>
      <MeasureCards measures={measures} shown={name} isOld={false} onShow={setName} />
      <MeasureChart
        measure={measures.find((measure) => measure.name === name)}
        question={question}
        isOld={false}
        updatedAt={undefined}
        complete_through={data.complete_through}
        hasUsers={false}
      />
      <Panel
        title={`${counted.title} by ${by.toLowerCase()}`}
        aside={rows.length > 0 && <CsvButton name="breakdown" rows={() => [[by, counted.title], ...rows]} />}
        className="min-w-0"
      >
        {rows.length > 0 ? (
          <ScrollRegion label="Breakdown">
            <PeriodTable
              caption={`${counted.title} by ${by.toLowerCase()}`}
              headings={[by, counted.title, ...(hasShares ? ["Share"] : [])]}
              rows={rows.map(([title, total]) => [
                title,
                formatNumber(total),
                ...(hasShares ? [formatShare(total ?? 0, sum)] : []),
              ])}
            />
          </ScrollRegion>
        ) : (
          <p className="px-4 pb-4 text-muted">No events match in this period.</p>
        )}
      </Panel>
    </>
  );
}

"use client";

import { AnnotationButton } from "@/features/annotations/annotation-button";
import { CsvButton } from "@/features/insights/csv-button";
import { Trends } from "@/features/insights/trends";
import { rowsOfTrends, type TrendLine } from "@/features/insights/trends-lines";
import { Updated } from "@/features/insights/updates";
import { useUsersDialog } from "@/features/users/users-dialog";
import { Panel } from "@/ui/panel";
import { Skeleton } from "@/ui/skeleton";
import { COUNTED, type Measure } from "./measures";
import type { OverviewQuestion } from "./overview-question";

interface MeasureChartProps {
  readonly measure: Measure | undefined;
  /** The question that the measure belongs to. */
  readonly question: OverviewQuestion;
  readonly isOld: boolean;
  readonly updatedAt: number | undefined;
  readonly complete_through: string | null | undefined;
  /** Whether numbers open the lists of the users behind them, and the chart has annotations. */
  readonly hasUsers?: boolean;
}

/** The chart of the selected measure, and its values as a table. */
export function MeasureChart(props: MeasureChartProps) {
  const { measure, question, isOld, updatedAt, complete_through, hasUsers = true } = props;
  const { openUsers, dialog } = useUsersDialog(
    question,
    COUNTED.map(({ series }) => series),
  );
  const line = measure && lineOf(measure);
  return (
    <Panel
      title={measure ? `${measure.title} by ${measure.interval}` : "Values"}
      aside={
        measure &&
        line && (
          <div className="flex gap-2">
            {hasUsers && <AnnotationButton range={question.dates.range} />}
            <CsvButton name={measure.name} rows={() => rowsOfTrends(measure, [line])} />
          </div>
        )
      }
      className="flex min-w-0 flex-col"
    >
      <div aria-busy={!measure || isOld} data-old={isOld || undefined} className="answer grow">
        {measure && line ? (
          <Trends
            key={measure.name}
            result={measure}
            lines={[line]}
            currency={measure.currency}
            range={question.dates.range}
            hasAnnotations={hasUsers}
            hasTotals={false}
            endsAtSameTime={measure.series !== undefined}
            openUsers={measure.series && hasUsers ? openUsers : () => undefined}
          />
        ) : (
          <div className="px-4 pb-4">
            <div className="min-h-5" />
            <Skeleton className="chart-frame ml-0" />
          </div>
        )}
      </div>
      <Updated at={updatedAt} complete_through={complete_through} />
      {dialog}
    </Panel>
  );
}

function lineOf({ name, title, total, values, previous, series }: Measure): TrendLine {
  const index = COUNTED.findIndex((one) => one.series === series);
  return { id: name, index, group: null, title, total, values, previous };
}

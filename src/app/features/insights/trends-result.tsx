import type { TrendsResult } from "@acme/analytics-sdk/insights";
import { useUsersDialog } from "@/features/users/users-dialog";
import { Result, type ResultOf } from "./result";
import { Trends } from "./trends";
import { linesOf, rowsOfTrends } from "./trends-lines";
import { queryOfTrends, shownSeries, type TrendsQuestion } from "./trends-question";
import { useAnswer } from "./use-answer";

/** The trends that answer a question, as a chart and a table. */
export function TrendsOf({ question, hasCode }: ResultOf<TrendsQuestion>) {
  const query = queryOfTrends(question);
  const answer = useAnswer<"trends", TrendsQuestion>(question, { kind: "trends", ...query });
  const asked = answer.shown?.question ?? question;
  const { openUsers, dialog } = useUsersDialog(asked, shownSeries(asked.series), asked.by);
  return (
    <Result
      title="Trend"
      operation="trends"
      query={query}
      answer={answer}
      hasCode={hasCode}
      isEmpty={(data: TrendsResult) => !data.series.some(({ values }) => values.some(Boolean))}
      table={(data, { series }) => rowsOfTrends(data, linesOf(data, shownSeries(series)))}
    >
      {(data, { series, dates }) => (
        <>
          <Trends
            result={data}
            lines={linesOf(data, shownSeries(series))}
            range={dates.range}
            openUsers={openUsers}
          />
          {dialog}
        </>
      )}
    </Result>
  );
}

import type { TrendsResult } from "@acme/analytics-sdk/insights";
import { AnnotationButton } from "@/features/annotations/annotation-button";
import { useUsersDialog } from "@/features/users/users-dialog";
import { type AnswerOf, Result, type ResultOf } from "./result";
import { Trends } from "./trends";
import { linesOf, rowsOfTrends } from "./trends-lines";
import { queryOfTrends, shownSeries, type TrendsQuestion } from "./trends-question";
import { useAnswer } from "./use-answer";

/** The trends that answer a question, as a chart and a table. */
export function TrendsOf({ question, hasCode }: ResultOf<TrendsQuestion>) {
  const query = { kind: "trends", ...queryOfTrends(question) } as const;
  const answer = useAnswer<"trends", TrendsQuestion>(question, query);
  return <TrendsAnswer question={question} answer={answer} hasCode={hasCode} />;
}

/** The answer to a question, with its chart and its table. */
export function TrendsAnswer({
  question,
  answer,
  hasCode,
  hasUsers = true,
}: AnswerOf<TrendsQuestion, TrendsResult>) {
  const asked = answer.shown?.question ?? question;
  const { openUsers, dialog } = useUsersDialog(asked, shownSeries(asked.series), asked.by);
  return (
    <Result
      title="Trend"
      operation="trends"
      query={queryOfTrends(question)}
      answer={answer}
      hasCode={hasCode}
      isEmpty={(data: TrendsResult) => !data.series.some(({ values }) => values.some(Boolean))}
      aside={hasUsers && <AnnotationButton range={asked.dates.range} />}
      table={(data, { series }) => rowsOfTrends(data, linesOf(data, shownSeries(series)))}
    >
      {(data, { series, dates }) => (
        <>
          <Trends
            result={data}
            lines={linesOf(data, shownSeries(series))}
            range={dates.range}
            hasAnnotations={hasUsers}
            openUsers={hasUsers ? openUsers : () => undefined}
          />
          {dialog}
        </>
      )}
    </Result>
  );
}

import type { RetentionResult } from "@acme/analytics-sdk/insights";
import { type AnswerOf, Result, type ResultOf } from "./result";
import { queryOfRetention, type RetentionQuestion } from "./retention-question";
import { rowsOfRetention } from "./retention-rows";
import { RetentionTable } from "./retention-table";
import { useAnswer } from "./use-answer";

/** The retention that answers a question, as a table. */
export function RetentionOf({ question, hasCode }: ResultOf<RetentionQuestion>) {
  const query = { kind: "retention", ...queryOfRetention(question) } as const;
  const answer = useAnswer<"retention", RetentionQuestion>(question, query);
  return <RetentionAnswer question={question} answer={answer} hasCode={hasCode} />;
}

/** The answer to a question, with its chart and its table. */
export function RetentionAnswer({ question, answer, hasCode }: AnswerOf<RetentionQuestion, RetentionResult>) {
  return (
    <Result
      title="Retention"
      operation="retention"
      query={queryOfRetention(question)}
      answer={answer}
      hasCode={hasCode}
      isEmpty={({ cohorts }: RetentionResult) => !cohorts.some(({ size }) => size)}
      table={rowsOfRetention}
    >
      {(data, { interval }) => <RetentionTable result={data} interval={interval} />}
    </Result>
  );
}

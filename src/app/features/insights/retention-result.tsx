import type { RetentionResult } from "@acme/analytics-sdk/insights";
import { Result, type ResultOf } from "./result";
import { queryOfRetention, type RetentionQuestion } from "./retention-question";
import { rowsOfRetention } from "./retention-rows";
import { RetentionTable } from "./retention-table";
import { useAnswer } from "./use-answer";

/** The retention that answers a question, as a table. */
export function RetentionOf({ question, hasCode }: ResultOf<RetentionQuestion>) {
  const query = queryOfRetention(question);
  const answer = useAnswer<"retention", RetentionQuestion>(question, { kind: "retention", ...query });
  return (
    <Result
      title="Retention"
      operation="retention"
      query={query}
      answer={answer}
      hasCode={hasCode}
      isEmpty={({ cohorts }: RetentionResult) => !cohorts.some(({ size }) => size)}
      table={rowsOfRetention}
    >
      {(data, { interval }) => <RetentionTable result={data} interval={interval} />}
    </Result>
  );
}

import type { FunnelResult } from "@acme/analytics-sdk/insights";
import { Funnel } from "./funnel";
import { type FunnelQuestion, queryOfFunnel } from "./funnel-question";
import { rowsOfFunnel } from "./funnel-rows";
import { type AnswerOf, Result, type ResultOf } from "./result";
import { useAnswer } from "./use-answer";

/** The funnel that answers a question, as a chart and a table. */
export function FunnelOf({ question, hasCode }: ResultOf<FunnelQuestion>) {
  const query = { kind: "funnel", ...queryOfFunnel(question) } as const;
  const answer = useAnswer<"funnel", FunnelQuestion>(question, query);
  return <FunnelAnswer question={question} answer={answer} hasCode={hasCode} />;
}

/** The answer to a question, with its chart and its table. */
export function FunnelAnswer({
  question,
  answer,
  hasCode,
  hasUsers = true,
}: AnswerOf<FunnelQuestion, FunnelResult>) {
  return (
    <Result
      title="Funnel"
      operation="funnel"
      query={queryOfFunnel(question)}
      answer={answer}
      hasCode={hasCode}
      isEmpty={(data: FunnelResult) => !data.steps[0]?.users}
      table={(data, { steps }) => rowsOfFunnel(data, steps)}
    >
      {(data, asked) => <Funnel result={data} question={asked} hasUsers={hasUsers} />}
    </Result>
  );
}

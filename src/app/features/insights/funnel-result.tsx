import type { FunnelResult } from "@acme/analytics-sdk/insights";
import { Funnel } from "./funnel";
import { type FunnelQuestion, queryOfFunnel } from "./funnel-question";
import { rowsOfFunnel } from "./funnel-rows";
import { Result, type ResultOf } from "./result";
import { useAnswer } from "./use-answer";

/** The funnel that answers a question, as a chart and a table. */
export function FunnelOf({ question, hasCode }: ResultOf<FunnelQuestion>) {
  const query = queryOfFunnel(question);
  const answer = useAnswer<"funnel", FunnelQuestion>(question, { kind: "funnel", ...query });
  return (
    <Result
      title="Funnel"
      operation="funnel"
      query={query}
      answer={answer}
      hasCode={hasCode}
      isEmpty={(data: FunnelResult) => !data.steps[0]?.users}
      table={(data, { steps }) => rowsOfFunnel(data, steps)}
    >
      {(data, asked) => <Funnel result={data} question={asked} />}
    </Result>
  );
}

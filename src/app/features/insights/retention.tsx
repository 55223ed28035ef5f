"use client";

import type { RetentionResult } from "@acme/analytics-sdk/insights";
import { Builder } from "./builder";
import { EventRow } from "./event-row";
import { Choice } from "./pickers";
import { Result } from "./result";
import {
  COHORTS,
  INTERVALS,
  MODES,
  periodOptions,
  queryOfRetention,
  retentionFrom,
  type RetentionQuestion,
  searchOfRetention,
} from "./retention-question";
import { rowsOfRetention } from "./retention-rows";
import { RetentionTable } from "./retention-table";
import { useAnswer } from "./use-answer";
import { useCatalog } from "./use-catalog";
import { useQuestion } from "./use-question";

/** How many users come back after they start. The whole question is in the URL. */
export function Retention() {
  const { state, problems, change } = useQuestion(retentionFrom, searchOfRetention);
  const catalog = useCatalog(state.dates.range);
  return (
    <Builder
      title="Retention"
      question={state}
      problems={problems}
      catalog={catalog}
      intervals={INTERVALS}
      onChange={change}
      rows={
        <>
          <EventRow
            title="Start"
            step={state.start}
            catalog={catalog}
            onChange={(start) => change({ start })}
          />
          <EventRow
            title="Return"
            step={state.returning}
            catalog={catalog}
            onChange={(returning) => change({ returning })}
          />
        </>
      }
      options={<Options question={state} change={change} />}
    >
      <RetentionOf question={state} />
    </Builder>
  );
}

interface OptionsProps {
  readonly question: RetentionQuestion;
  readonly change: (change: Partial<RetentionQuestion>) => void;
}

function Options({ question: { periods, cohorts, mode }, change }: OptionsProps) {
  return (
    <>
      <Choice
        label="Number of periods"
        options={periodOptions(periods)}
        value={String(periods)}
        onChange={(chosen) => change({ periods: Number(chosen) })}
      />
      <Choice
        label="Users join a cohort"
        options={COHORTS}
        value={cohorts}
        onChange={(chosen) => change({ cohorts: chosen })}
      />
      <Choice
        label="Users returned"
        options={MODES}
        value={mode}
        onChange={(chosen) => change({ mode: chosen })}
      />
    </>
  );
}

function RetentionOf({ question }: { readonly question: RetentionQuestion }) {
  const query = queryOfRetention(question);
  const answer = useAnswer<"retention", RetentionQuestion>(question, { kind: "retention", ...query });
  return (
    <Result
      title="Retention"
      operation="retention"
      query={query}
      answer={answer}
      isEmpty={({ cohorts }: RetentionResult) => !cohorts.some(({ size }) => size)}
      table={rowsOfRetention}
    >
      {(data, { interval }) => <RetentionTable result={data} interval={interval} />}
    </Result>
  );
}

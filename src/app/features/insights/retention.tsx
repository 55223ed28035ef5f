"use client";

import { Builder } from "./builder";
import { EventRow } from "./event-row";
import { Choice } from "./pickers";
import {
  COHORTS,
  INTERVALS,
  MODES,
  periodOptions,
  retentionFrom,
  type RetentionQuestion,
  searchOfRetention,
} from "./retention-question";
import { RetentionOf } from "./retention-result";
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

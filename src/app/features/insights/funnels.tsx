"use client";

import { replaced } from "@/ui/replaced";
import { BreakdownChoice } from "./breakdown-choice";
import { Builder } from "./builder";
import type { Catalog } from "./catalog";
import { EventRow } from "./event-row";
import {
  funnelFrom,
  type FunnelQuestion,
  ORDERS,
  searchOfFunnel,
  STEPS_MAX,
  STEPS_MIN,
  WINDOWS,
} from "./funnel-question";
import { FunnelOf } from "./funnel-result";
import { AddEvent, Choice } from "./pickers";
import { useCatalog } from "./use-catalog";
import { useQuestion } from "./use-question";

const WINDOW_TITLES = Object.fromEntries(
  Object.entries(WINDOWS).map(([window, [title]]) => [window, title]),
) as Readonly<Record<keyof typeof WINDOWS, string>>;

/** How many users take several steps one after the other. The whole question is in the URL. */
export function Funnels() {
  const { state, problems, change } = useQuestion(funnelFrom, searchOfFunnel);
  const catalog = useCatalog(state.dates.range);
  const { steps } = state;
  return (
    <Builder
      title="Funnels"
      question={state}
      problems={problems}
      catalog={catalog}
      onChange={change}
      rows={
        <>
          {steps.map((step, index) => (
            <EventRow
              key={index} // oxlint-disable-line react/no-array-index-key -- rows have no identity of their own
              title={`Step ${index + 1}`}
              step={step}
              catalog={catalog}
              onChange={(changed) => change({ steps: replaced(steps, index, changed) })}
              onRemove={() => change({ steps: steps.filter((other) => other !== step) })}
            />
          ))}
          {steps.length < STEPS_MAX && (
            <li className="px-4 py-2.5 sm:pl-22">
              <AddEvent
                title="Add a step…"
                catalog={catalog}
                onAdd={(event_type) => change({ steps: [...steps, { event_type, filters: [] }] })}
              />
            </li>
          )}
        </>
      }
      options={<Options question={state} catalog={catalog} change={change} />}
    >
      {steps.length >= STEPS_MIN ? (
        <FunnelOf question={state} />
      ) : (
        <p className="rounded-lg border border-dashed border-line px-4 py-10 text-center text-muted">
          {steps.length ? "Add another step to see the funnel." : "Add at least two steps to see a funnel."}
        </p>
      )}
    </Builder>
  );
}

interface OptionsProps {
  readonly question: FunnelQuestion;
  readonly catalog: Catalog;
  readonly change: (change: Partial<FunnelQuestion>) => void;
}

function Options({ question: { window, order, by }, catalog, change }: OptionsProps) {
  return (
    <>
      <Choice
        label="Completed within"
        options={WINDOW_TITLES}
        value={window}
        onChange={(chosen) => change({ window: chosen })}
      />
      <Choice
        label="Order of the steps"
        options={ORDERS}
        value={order}
        onChange={(chosen) => change({ order: chosen })}
      />
      <BreakdownChoice by={by} catalog={catalog} onChange={(chosen) => change({ by: chosen })} />
    </>
  );
}

"use client";

import type { FunnelResult, FunnelStepResult } from "@acme/analytics-sdk/insights";
import { useState } from "react";
import { formatNumber } from "@/features/dashboard/format";
import { PeriodTable } from "@/ui/table";
import { nameOf } from "./attributes";
import { DroppedUsers } from "./dropped-users";
import { formatDuration, formatRate, nameOfGroup } from "./format";
import { type FunnelQuestion, queryOfFunnel } from "./funnel-question";
import { droppedAfter, titleOfStep } from "./funnel-rows";
import { ScrollRegion } from "./scroll-region";

interface FunnelProps {
  readonly result: FunnelResult;
  readonly question: FunnelQuestion;
  /** Whether the users who dropped off can be listed. */
  readonly hasUsers: boolean;
}

/** The steps as bars and as a table, the users who dropped off, and the groups. */
export function Funnel({ result: { steps, breakdowns }, question, hasUsers }: FunnelProps) {
  const titles = question.steps.map((step, index) => `${index + 1}. ${titleOfStep(step)}`);
  return (
    <>
      <Bars steps={steps} titles={titles} />
      <ScrollRegion label="Steps">
        <PeriodTable
          caption="Steps of the funnel"
          headings={[
            "Step",
            "Users",
            "Of the first step",
            "Of the previous step",
            "Median time",
            "Dropped off",
          ]}
          rows={steps.map((step) => [
            titles[step.index] ?? "",
            formatNumber(step.users),
            formatRate(step.conversion_overall),
            formatRate(step.conversion_previous),
            formatDuration(step.median_seconds),
            step.index < steps.length - 1 ? formatNumber(droppedAfter(steps, step.index)) : "–",
          ])}
        />
      </ScrollRegion>
      {breakdowns && (
        <ScrollRegion label="Groups" isApart>
          <PeriodTable
            isUniform
            caption="Users of each group by step"
            headings={[question.by ? nameOf(question.by) : "Group", ...titles]}
            rows={breakdowns.map((group) => [
              nameOfGroup(group),
              ...group.steps.map(
                ({ users, conversion_overall }) =>
                  `${formatNumber(users)} (${formatRate(conversion_overall)})`,
              ),
            ])}
          />
        </ScrollRegion>
      )}
      {hasUsers && <DropOff steps={steps} titles={titles} question={question} />}
    </>
  );
}

interface BarsProps {
  readonly steps: readonly FunnelStepResult[];
  readonly titles: readonly string[];
}

/** A bar per step, as wide as the share of its users. The table has the same numbers for screen readers. */
function Bars({ steps, titles }: BarsProps) {
  return (
    <ol aria-hidden="true" className="space-y-3 px-4 pb-5">
      {steps.map(({ index, users, conversion_overall }) => (
        <li key={index} className="space-y-1 text-sm">
          <span className="flex items-baseline justify-between gap-3">
            <span className="truncate font-medium">{titles[index]}</span>
            <span className="shrink-0 tabular-nums">
              <b className="font-semibold">{formatRate(conversion_overall)}</b>{" "}
              <span className="text-muted">{formatNumber(users)} users</span>
            </span>
          </span>
          <span className="block h-7 overflow-hidden rounded-md bg-raised">
            <span
              className="block h-full rounded-md bg-accent"
              style={{ width: `${100 * (conversion_overall ?? 0)}%` }}
            />
          </span>
        </li>
      ))}
    </ol>
  );
}

interface DropOffProps extends BarsProps {
  readonly question: FunnelQuestion;
}

/** Lists the users who reached a selected step but not the next one. */
function DropOff({ steps, titles, question }: DropOffProps) {
  const [after, setAfter] = useState<number>();
  return (
    <div className="space-y-3 border-t border-line px-4 py-3 text-sm">
      <label className="flex flex-wrap items-center gap-2">
        <span className="font-medium">Users who dropped off</span>
        <select
          className="field mt-0 w-auto max-w-full"
          value={after ?? ""}
          onChange={({ target }) => setAfter(target.value === "" ? undefined : Number(target.value))}
        >
          <option value="">Choose a step…</option>
          {steps.slice(0, -1).map(({ index }) => (
            <option key={index} value={index}>
              after {titles[index]} ({formatNumber(droppedAfter(steps, index))})
            </option>
          ))}
        </select>
      </label>
      {after !== undefined && (
        <DroppedUsers key={after} query={{ ...queryOfFunnel(question), after_step: after }} />
      )}
    </div>
  );
}

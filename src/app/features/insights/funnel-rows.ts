import type { FunnelResult, FunnelStepResult } from "@acme/analytics-sdk/insights";
import type { Cell } from "./csv";
import { nameOfGroup } from "./format";
import type { Step } from "./conditions";

const HEADINGS = [
  "step",
  "event",
  "users",
  "conversion_overall",
  "conversion_previous",
  "median_seconds",
  "average_seconds",
];

/** Return a table with a row per step, and per group if the funnel has groups. */
export function rowsOfFunnel(
  { steps, breakdowns }: FunnelResult,
  asked: readonly Step[],
): readonly (readonly Cell[])[] {
  const rows = (found: readonly FunnelStepResult[], group: readonly Cell[]): readonly (readonly Cell[])[] =>
    found.map((step) => [
      ...group,
      step.index + 1,
      titleOfStep(asked[step.index]),
      step.users,
      step.conversion_overall,
      step.conversion_previous,
      step.median_seconds,
      step.average_seconds,
    ]);
  if (!breakdowns) return [HEADINGS, ...rows(steps, [])];
  return [
    ["group", ...HEADINGS],
    ...rows(steps, ["All users"]),
    ...breakdowns.flatMap((group) => rows(group.steps, [nameOfGroup(group)])),
  ];
}

/** Return the number of users who reached a step but not the next one. */
export function droppedAfter(steps: readonly FunnelStepResult[], index: number): number {
  return (steps[index]?.users ?? 0) - (steps[index + 1]?.users ?? 0);
}

/** Return the title of a step. */
export function titleOfStep(step: Step | undefined): string {
  return step?.event_type ?? "All events";
}

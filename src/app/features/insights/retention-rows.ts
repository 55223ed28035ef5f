import type { RetentionResult } from "@acme/analytics-sdk/insights";
import type { Cell } from "./csv";

/** Return a table with a row per cohort and a column per period. Cells of unfinished periods have no value. */
export function rowsOfRetention({ cohorts, overall }: RetentionResult): readonly (readonly Cell[])[] {
  return [
    ["cohort", "users", ...overall.map(({ period }) => `period ${period}`)],
    ...cohorts.map(({ date, size, values }) => [
      date,
      size,
      ...values.map(({ users, complete }) => (complete ? users : null)),
    ]),
  ];
}

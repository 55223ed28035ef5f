"use client";

import { useState } from "react";
import type { DayRange } from "./days";
import { problemOf } from "./filters";

interface Draft {
  /** The dates that the fields show. A date that is incomplete or invalid is empty. */
  readonly draft: DayRange;
  /** Why the draft wasn't applied. */
  readonly problem?: string | undefined;
}

interface RangeDraft extends Draft {
  /** Change the fields without applying them. */
  readonly edit: (changed: Partial<DayRange>) => void;
  /** Apply the fields with this change, or say why they can't be applied. */
  readonly apply: (changed?: Partial<DayRange>) => void;
  /** Show the applied dates again. */
  readonly reset: () => void;
}

/** Keep the dates of the fields while they are entered. Whenever the applied range changes, the fields show it. */
export function useRangeDraft(range: DayRange, onApply: (range: DayRange) => void): RangeDraft {
  const [applied, setApplied] = useState(range);
  const [{ draft, problem }, setDraft] = useState<Draft>({ draft: range });
  if (!isSame(applied, range)) {
    setApplied(range);
    setDraft({ draft: range });
  }
  return {
    draft,
    problem,
    edit: (changed) => setDraft({ draft: { ...draft, ...changed }, problem }),
    apply: (changed) => {
      const next = { ...draft, ...changed };
      const found = problemOf(next);
      setDraft({ draft: next, problem: found });
      if (!found && !isSame(next, range)) onApply(next);
    },
    reset: () => setDraft({ draft: range }),
  };
}

function isSame(one: DayRange, other: DayRange): boolean {
  return one.start_date === other.start_date && one.end_date === other.end_date;
}

"use client";

import { type ReactNode, useMemo } from "react";
import { useToday } from "@/features/clock/clock";
import type { Today } from "@/features/dashboard/days";
import { formatRange } from "@/features/dashboard/format";
import { PRESETS } from "@/features/filters/ranges";
import type { Question, Read } from "@/features/insights/address";
import { Notes } from "@/ui/notes";

/** Return the question of a saved state, and a text about its range and its problems. */
export function useSavedState<State extends Question>(
  read: (search: URLSearchParams, today: Today) => Read<State>,
  state: string,
): { readonly question: State; readonly about: ReactNode } {
  const today = useToday();
  const { state: question, problems } = useMemo(
    () => read(new URLSearchParams(state), today),
    [read, state, today],
  );
  const { range, preset } = question.dates;
  const filters = question.filters.length;
  const about = (
    <>
      <p className="text-xs text-muted">
        {preset ? `${PRESETS[preset]}: ${formatRange(range)}` : formatRange(range)}
        {filters > 0 && ` · ${filters === 1 ? "1 filter" : `${filters} filters`}`}
      </p>
      <Notes notes={problems} />
    </>
  );
  return { question, about };
}

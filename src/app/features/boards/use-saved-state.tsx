"use client";

import { type ReactNode, useMemo } from "react";
import { useToday } from "@/features/clock/clock";
import type { Today } from "@/features/dashboard/days";
import { formatRange } from "@/features/dashboard/format";
import { PRESETS } from "@/features/filters/ranges";
import type { Question, Read } from "@/features/insights/address";
import { isComplete, textOfCondition } from "@/features/insights/conditions";
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
  return { question, about: <AboutState question={question} problems={problems} /> };
}

interface AboutStateProps {
  readonly question: Question;
  readonly problems: readonly string[];
}

/** The range of a saved state, its filters and its problems. */
export function AboutState({ question: { dates, filters }, problems }: AboutStateProps) {
  const range = formatRange(dates.range);
  const texts = filters.filter(isComplete).map(textOfCondition);
  return (
    <>
      <p className="text-xs wrap-anywhere text-muted">
        {dates.preset ? `${PRESETS[dates.preset]}: ${range}` : range}
        {texts.map((text) => ` · ${text}`)}
      </p>
      <Notes notes={problems} />
    </>
  );
}

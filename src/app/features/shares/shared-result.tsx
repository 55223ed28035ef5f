"use client";

import { AboutState } from "@/features/boards/use-saved-state";
import { FunnelAnswer } from "@/features/insights/funnel-result";
import { RetentionAnswer } from "@/features/insights/retention-result";
import { TrendsAnswer } from "@/features/insights/trends-result";
import type { Answer } from "@/features/insights/use-answer";
import type { SharedResult as Result } from "./shared-answer";
import { SharedOverview } from "./shared-overview";

interface SharedResultProps {
  readonly result: Result;
  readonly problems: readonly string[];
}

/** The result of a shared view, as its page shows it, but without anything that leads to other data. */
export function SharedResult({ result, problems }: SharedResultProps) {
  return (
    <>
      <AboutState question={result.question} problems={problems} />
      <Charts result={result} />
    </>
  );
}

function Charts({ result }: { readonly result: Result }) {
  switch (result.page) {
    case "overview":
      return <SharedOverview {...result} />;
    case "explore":
      return <TrendsAnswer {...fixed(result.question, result.data)} />;
    case "funnels":
      return <FunnelAnswer {...fixed(result.question, result.data)} />;
    default:
      return <RetentionAnswer {...fixed(result.question, result.data)} />;
  }
}

/** Return the properties of an answer that the server has read and that isn't updated. */
function fixed<Question, Data>(question: Question, data: Data) {
  const answer: Answer<Question, Data> = {
    shown: { question, data },
    isOld: false,
    error: undefined,
    updatedAt: undefined,
    refetch: () => Promise.resolve(),
  };
  return { question, answer, hasCode: false, hasUsers: false };
}

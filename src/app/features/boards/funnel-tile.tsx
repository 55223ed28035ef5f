import { FunnelOf } from "@/features/insights/funnel-result";
import { funnelFrom, STEPS_MIN } from "@/features/insights/funnel-question";
import type { TileProps } from "./tile";
import { useSavedState } from "./use-saved-state";

/** The funnel of a saved view. */
export default function FunnelTile({ state }: TileProps) {
  const { question, about } = useSavedState(funnelFrom, state);
  return (
    <>
      {about}
      {question.steps.length >= STEPS_MIN ? (
        <FunnelOf question={question} hasCode={false} />
      ) : (
        <p className="text-sm text-muted">The view has fewer than two steps. Open it to add steps.</p>
      )}
    </>
  );
}

import { TrendsOf } from "@/features/insights/trends-result";
import { shownSeries, trendsFrom } from "@/features/insights/trends-question";
import type { TileProps } from "./tile";
import { useSavedState } from "./use-saved-state";

/** The trend of a saved view. */
export default function ExploreTile({ state }: TileProps) {
  const { question, about } = useSavedState(trendsFrom, state);
  return (
    <>
      {about}
      {shownSeries(question.series).length ? (
        <TrendsOf question={question} hasCode={false} />
      ) : (
        <p className="text-sm text-muted">This view has no complete series. Open it to choose a property.</p>
      )}
    </>
  );
}

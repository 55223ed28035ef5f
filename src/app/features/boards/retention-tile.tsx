import { RetentionOf } from "@/features/insights/retention-result";
import { retentionFrom } from "@/features/insights/retention-question";
import type { TileProps } from "./tile";
import { useSavedState } from "./use-saved-state";

/** The cohorts of a saved view. */
export default function RetentionTile({ state }: TileProps) {
  const { question, about } = useSavedState(retentionFrom, state);
  return (
    <>
      {about}
      <RetentionOf question={question} hasCode={false} />
    </>
  );
}

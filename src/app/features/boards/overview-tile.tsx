import { MeasureChart } from "@/features/dashboard/measure-chart";
import { overviewFrom } from "@/features/dashboard/overview-question";
import { useMeasures } from "@/features/dashboard/use-measures";
import { ErrorAlert } from "@/features/errors/error-alert";
import { firstToReport } from "@/features/errors/error-messages";
import type { TileProps } from "./tile";
import { useSavedState } from "./use-saved-state";

/** The chart of the measure that a saved view shows. */
export default function OverviewTile({ state }: TileProps) {
  const { question, about } = useSavedState(overviewFrom, state);
  const { shown, found, isOld, error, updatedAt, refetch } = useMeasures(question);
  const failure = firstToReport([error]);
  return (
    <>
      {about}
      {failure && <ErrorAlert error={failure} retry={() => void refetch()} />}
      {!(failure && !shown) && (
        <MeasureChart
          measure={shown}
          question={found?.question ?? question}
          isOld={isOld}
          updatedAt={updatedAt}
          complete_through={found?.data.complete_through}
        />
      )}
    </>
  );
}

import { eventFiltersOf } from "@/features/live/event-filters";
import { EventsPanel } from "@/features/live/events-panel";
import { questionFrom } from "@/features/live/question";
import type { TileProps } from "./tile";
import { useSavedState } from "./use-saved-state";

const HEIGHT = 360;
const REFRESH_MS = 15_000;
/** Few, because an open board reads them again and again. */
const EVENTS_LISTED = 20;

/** The newest events of a saved view. */
export default function LiveTile({ state }: TileProps) {
  const { question, about } = useSavedState(questionFrom, state);
  return (
    <>
      {about}
      <EventsPanel filters={eventFiltersOf(question, EVENTS_LISTED)} height={HEIGHT} refreshMs={REFRESH_MS} />
    </>
  );
}

import { useState } from "react";

/** Return the number of rows that were added above the view since the user last scrolled to the top. */
export function useNewRowsAbove(events: readonly object[], top: number): number {
  const [seen, setSeen] = useState(events[0]);
  if (top === 0 && seen !== events[0]) setSeen(events[0]);
  return top === 0 || seen === undefined ? 0 : Math.max(0, events.indexOf(seen));
}

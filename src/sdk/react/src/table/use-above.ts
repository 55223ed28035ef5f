import { useState } from "react";

/** How many events have come above what is in view since the reader was last at the top. */
export function useAbove(events: readonly object[], top: number): number {
  const [seen, setSeen] = useState(events[0]);
  if (top === 0 && seen !== events[0]) setSeen(events[0]);
  return top === 0 || seen === undefined ? 0 : Math.max(0, events.indexOf(seen));
}

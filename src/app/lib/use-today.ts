import { useEffect, useState } from "react";
import { currentDay, type Day } from "./days";

const LOOK_EVERY_MS = 60_000;

/** The UTC day: first as the server rendered it, then as it comes. A dashboard may stay open for days. */
export function useToday(rendered: Day): Day {
  const [today, setToday] = useState(rendered);
  useEffect(() => {
    const timer = setInterval(() => setToday(currentDay()), LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return today;
}

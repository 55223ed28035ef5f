import { useEffect } from "react";

/** Run `act` at this interval in milliseconds while the page is visible. Without a number, never run it. */
export function useInterval(act: () => void, ms: number | undefined): void {
  useEffect(() => {
    if (!ms) return undefined;
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") act();
    }, ms);
    return () => clearInterval(timer);
  }, [act, ms]);
}

import { useEffect } from "react";

/** Runs `act` every so many milliseconds while the page is seen; never without a number. */
export function useInterval(act: () => void, ms: number | undefined): void {
  useEffect(() => {
    if (!ms) return undefined;
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") act();
    }, ms);
    return () => clearInterval(timer);
  }, [act, ms]);
}

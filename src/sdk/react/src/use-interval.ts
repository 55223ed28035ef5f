import { useEffect } from "react";

/** Run `act` at this interval in milliseconds while the page is visible; never without a number. */
export function useInterval(act: () => void, ms: number | undefined): void {
  useEffect(() => {
    if (!ms) return undefined;
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") act();
    }, ms);
    return () => clearInterval(timer);
  }, [act, ms]);
}

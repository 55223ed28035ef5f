import { useEffect } from "react";

/** Browsers fire longer intervals continuously. */
const INTERVAL_MS_MAX = 2 ** 31 - 1;

/** Run `act` at this interval in milliseconds while the page is visible. Without a number, never run it. */
export function useInterval(act: () => void, ms: number | undefined): void {
  useEffect(() => {
    if (!ms) return undefined;
    const timer = setInterval(
      () => {
        if (document.visibilityState === "visible") act();
      },
      Math.min(ms, INTERVAL_MS_MAX),
    );
    return () => clearInterval(timer);
  }, [act, ms]);
}

import { useEffect } from "react";

/** Run `act` when the page becomes visible or focused, or the network is available again. */
export function useWake(act: () => void, isOn = true): void {
  useEffect(() => {
    if (!isOn) return undefined;
    const actIfVisible = (): void => {
      if (document.visibilityState === "visible") act();
    };
    document.addEventListener("visibilitychange", actIfVisible);
    for (const name of ["focus", "online"]) window.addEventListener(name, actIfVisible);
    return () => {
      document.removeEventListener("visibilitychange", actIfVisible);
      for (const name of ["focus", "online"]) window.removeEventListener(name, actIfVisible);
    };
  }, [act, isOn]);
}

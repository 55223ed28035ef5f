import { useEffect } from "react";

/** Run `act` when the page becomes visible or focused, or the network is available again. */
export function useWake(act: () => void, isOn = true): void {
  useEffect(() => {
    if (!isOn) return undefined;
    const look = (): void => {
      if (document.visibilityState === "visible") act();
    };
    document.addEventListener("visibilitychange", look);
    for (const name of ["focus", "online"]) window.addEventListener(name, look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      for (const name of ["focus", "online"]) window.removeEventListener(name, look);
    };
  }, [act, isOn]);
}

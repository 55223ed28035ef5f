"use client";

import { createContext, type ReactNode, use, useEffect, useState } from "react";
import type { Day } from "@/features/dashboard/days";

const MINUTE_MS = 60_000;

/** The current time in whole minutes, as an ISO time in UTC. */
const ClockContext = createContext<string | undefined>(undefined);

interface ClockProviderProps {
  /** The time in milliseconds at which the server rendered the page. */
  readonly rendered: number;
  readonly children: ReactNode;
}

/** Provides the server's time, so that a device with a wrong clock shows the same days as every other one. */
export function ClockProvider({ rendered, children }: ClockProviderProps) {
  const [minute, setMinute] = useState(() => minuteOf(rendered));
  const [loaded] = useState(() => ({ server: rendered, device: Date.now() }));
  useEffect(() => {
    const update = (): void => setMinute(minuteOf(loaded.server + Date.now() - loaded.device));
    update();
    const timer = setInterval(update, MINUTE_MS / 4);
    document.addEventListener("visibilitychange", update);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", update);
    };
  }, [loaded]);
  return <ClockContext value={minute}>{children}</ClockContext>;
}

/** Return the current time by the server's clock, in whole minutes: `2026-11-30T09:30`. */
export function useNow(): string {
  const now = use(ClockContext);
  if (now === undefined) throw new Error("useNow needs a <ClockProvider>.");
  return now;
}

/** Return the current UTC day by the server's clock. */
export function useToday(): Day {
  return useNow().slice(0, 10);
}

function minuteOf(time: number): string {
  return new Date(time - (time % MINUTE_MS)).toISOString().slice(0, 16);
}

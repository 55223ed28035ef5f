"use client";

import { createContext, type ReactNode, use, useEffect, useMemo, useState } from "react";
import type { Today } from "@/features/dashboard/days";
import { knownZone, localDay } from "./zones";

const MINUTE_MS = 60_000;

interface Clock {
  /** The current time in whole minutes, as an ISO time in UTC. */
  readonly minute: string;
  readonly timezone: string;
}

const ClockContext = createContext<Clock | undefined>(undefined);

interface ClockProviderProps {
  /** The time in milliseconds at which the server rendered the page. */
  readonly rendered: number;
  /** The time zone in which days begin. */
  readonly timezone: string;
  readonly children: ReactNode;
}

/** Provides the server's time, so that a device with a wrong clock shows the same days as every other one. */
export function ClockProvider({ rendered, timezone, children }: ClockProviderProps) {
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
  const clock = useMemo(() => ({ minute, timezone: knownZone(timezone) }), [minute, timezone]);
  return <ClockContext value={clock}>{children}</ClockContext>;
}

function useClock(): Clock {
  const clock = use(ClockContext);
  if (!clock) throw new Error("The clock needs a <ClockProvider>.");
  return clock;
}

/** Return the current UTC time by the server's clock, in whole minutes: `2026-11-30T09:30Z`. */
export function useNow(): string {
  return useClock().minute;
}

/** Return the time zone of the organisation, in which its days begin. */
export function useZone(): string {
  return useClock().timezone;
}

/** Return the organisation's current day by the server's clock. */
export function useToday(): Today {
  const timezone = useZone();
  const day = localDay(useNow(), timezone);
  return useMemo(() => ({ day, timezone }), [day, timezone]);
}

function minuteOf(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16)}Z`;
}

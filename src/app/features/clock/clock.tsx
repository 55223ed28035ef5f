"use client";

import { createContext, type ReactNode, use, useEffect, useMemo, useState } from "react";
import { useSession } from "@/features/auth/session-provider";
import type { Today } from "@/features/dashboard/days";
import { localDay, zoneOf } from "./zones";

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

/** Return the current UTC time by the server's clock, in whole minutes: `2026-11-30T09:30Z`. */
export function useNow(): string {
  const now = use(ClockContext);
  if (now === undefined) throw new Error("useNow needs a <ClockProvider>.");
  return now;
}

/** Return the time zone of the organisation, in which its days begin. */
export function useZone(): string {
  return zoneOf(useSession());
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

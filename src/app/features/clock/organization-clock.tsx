"use client";

import type { ReactNode } from "react";
import { useSession } from "@/features/auth/session-provider";
import { ClockProvider } from "./clock";
import { zoneOf } from "./zones";

interface OrganizationClockProps {
  /** The time in milliseconds at which the server rendered the page. */
  readonly rendered: number;
  readonly children: ReactNode;
}

/** Provides the server's time in the time zone of the session's organisation. */
export function OrganizationClock({ rendered, children }: OrganizationClockProps) {
  return (
    <ClockProvider rendered={rendered} timezone={zoneOf(useSession())}>
      {children}
    </ClockProvider>
  );
}

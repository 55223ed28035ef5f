"use client";

import type { Event } from "@acme/analytics-sdk";
import { type ReactNode, useRef } from "react";
import { useZone } from "@/features/clock/clock";
import { formatTime } from "@/features/dashboard/format";
import { UserLink } from "@/features/users/user-link";
import { CopyButton } from "@/ui/copy-button";
import { EventProperties } from "./event-properties";
import { NearbyEvents } from "./nearby-events";

const SOURCES = {
  public: "Sent with a publishable key",
  trusted: "Sent with a secret key or by a user",
} as const;

/** What is known about an event, and the user's events before and after it. */
export function EventDetails({ event }: { readonly event: Event }) {
  const zone = useZone();
  const json = useRef<HTMLPreElement>(null);
  const { event_id, user_id, timestamp, received_at, source } = event;
  return (
    <>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5">
        <Detail name={`Time (${zone})`}>{formatTime(timestamp, zone)}</Detail>
        <Detail name="User">
          <UserLink user_id={user_id} />
        </Detail>
        {received_at && <Detail name={`Received (${zone})`}>{formatTime(received_at, zone)}</Detail>}
        <Detail name="Source">{SOURCES[source]}</Detail>
        <Detail name="Event ID">{event_id}</Detail>
      </dl>
      <EventProperties event={event} />
      <NearbyEvents event={event} />
      <details>
        <summary className="cursor-pointer font-medium">JSON</summary>
        <div className="pt-2">
          <CopyButton of={json} label="Copy JSON" />
        </div>
        <pre
          ref={json}
          className="mt-2 rounded-md bg-raised p-3 font-mono text-xs/5 wrap-anywhere whitespace-pre-wrap"
        >
          {JSON.stringify(event, null, 2)}
        </pre>
      </details>
    </>
  );
}

function Detail({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 wrap-anywhere tabular-nums">{children}</dd>
    </>
  );
}

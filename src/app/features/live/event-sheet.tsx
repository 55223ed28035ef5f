"use client";

import type { Event } from "@acme/analytics-sdk";
import { type ReactNode, useRef } from "react";
import { useZone } from "@/features/clock/clock";
import { useApiStatus } from "@/features/errors/api-status";
import { formatTime } from "@/features/dashboard/format";
import { UserLink } from "@/features/users/user-link";
import { CopyButton } from "@/ui/copy-button";
import { EventProperties } from "./event-properties";
import { NearbyEvents } from "./nearby-events";

const SOURCES = {
  public: "Sent with a publishable key",
  trusted: "Sent with a secret key or by a user",
} as const;

interface EventSheetProps {
  readonly event: Event;
  readonly onClose: () => void;
}

/**
 * What is known about an event. The list keeps the focus, so the arrow keys open the next event. Close and Escape
 * return the focus to the list.
 */
export function EventSheet({ event, onClose }: EventSheetProps) {
  const zone = useZone();
  const { isDown } = useApiStatus();
  const sheet = useRef<HTMLElement>(null);
  const json = useRef<HTMLPreElement>(null);
  const { event_id, event_type, user_id, timestamp, received_at, source } = event;
  const close = (): void => {
    sheet.current?.parentElement?.querySelector<HTMLElement>("[role=grid]")?.focus();
    onClose();
  };
  return (
    // The sheet has buttons and links of its own, and handles only Escape.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <section
      ref={(element) => {
        sheet.current = element;
        if (element?.popover === "manual" && !element.matches(":popover-open")) element.showPopover();
      }}
      popover="manual"
      aria-label="Event details"
      className="sheet"
      data-down={isDown || undefined}
      onKeyDown={({ key }) => {
        if (key === "Escape") close();
      }}
    >
      <output className="sr-only">
        Details of {event_type} by {user_id}
      </output>
      <div key={`${timestamp} ${event_id} ${source}`} className="space-y-5 p-4 text-sm">
        <div className="flex items-start justify-between gap-3">
          <h2 className="min-w-0 text-base font-semibold wrap-anywhere">{event_type}</h2>
          <button type="button" className="button" onClick={close}>
            Close
          </button>
        </div>
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
      </div>
    </section>
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

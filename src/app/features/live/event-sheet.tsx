"use client";

import type { Event } from "@acme/analytics-sdk";
import Link from "next/link";
import { useRef } from "react";
import { usePath } from "@/features/auth/session-provider";
import { useApiStatus } from "@/features/errors/api-status";
import { addressOfEvent, keyOf } from "./event-address";
import { EventDetails } from "./event-details";

interface EventSheetProps {
  readonly event: Event;
  readonly onClose: () => void;
}

/**
 * The details of an event beside the list. The list keeps the focus, so the arrow keys open the next event. Close and
 * Escape return the focus to the list.
 */
export function EventSheet({ event, onClose }: EventSheetProps) {
  const { isDown } = useApiStatus();
  const live = usePath()("live");
  const sheet = useRef<HTMLElement>(null);
  const { event_type, user_id } = event;
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
      <div key={keyOf(event)} className="space-y-5 p-4 text-sm">
        <div className="flex items-start justify-between gap-3">
          <h2 className="min-w-0 grow text-base font-semibold wrap-anywhere">{event_type}</h2>
          <Link href={addressOfEvent(live, event)} prefetch={false} className="button">
            Link
            <span className="sr-only"> to this event</span>
          </Link>
          <button type="button" className="button" onClick={close}>
            Close
          </button>
        </div>
        <EventDetails event={event} />
      </div>
    </section>
  );
}

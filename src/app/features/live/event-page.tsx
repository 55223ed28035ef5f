"use client";

import Link from "next/link";
import { usePath } from "@/features/auth/session-provider";
import { ErrorAlert } from "@/features/errors/error-alert";
import { firstToReport } from "@/features/errors/error-messages";
import { Panel } from "@/ui/panel";
import { Skeleton } from "@/ui/skeleton";
import type { EventKey } from "./event-address";
import { EventDetails } from "./event-details";
import { useEvent } from "./use-event";

/** The details of one event, at an address that people can send to each other. */
export function EventPage({ event_key }: { readonly event_key: EventKey }) {
  const { event, error, refetch } = useEvent(event_key);
  const failure = firstToReport([error]);
  const live = usePath()("live");
  return (
    <main className="mx-auto max-w-3xl space-y-4 px-3 py-5 sm:px-6">
      <div>
        <Link href={live} className="text-sm text-muted underline underline-offset-2">
          All events
        </Link>
        <h1 className="mt-1 text-xl font-semibold wrap-anywhere">{event?.event_type ?? "Event"}</h1>
      </div>
      {failure && <ErrorAlert error={failure} retry={refetch} />}
      {event === undefined && !failure && (
        <div aria-busy="true">
          <Skeleton className="h-64" />
        </div>
      )}
      {event === null && (
        <p className="text-muted">
          The organisation has no such event. It may have been erased with its user, or deleted after its
          retention period.
        </p>
      )}
      {event && (
        <Panel title="Details">
          <div className="space-y-5 px-4 pb-4 text-sm">
            <EventDetails event={event} />
          </div>
        </Panel>
      )}
    </main>
  );
}

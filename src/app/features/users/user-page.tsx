"use client";

import Link from "next/link";
import { type ReactNode, useState } from "react";
import { usePath } from "@/features/auth/session-provider";
import { useNow, useZone } from "@/features/clock/clock";
import type { Day } from "@/features/dashboard/days";
import { formatNumber, formatTime } from "@/features/dashboard/format";
import { ErrorAlert } from "@/features/errors/error-alert";
import { firstToReport } from "@/features/errors/error-messages";
import { CsvButton } from "@/features/insights/csv-button";
import { ScrollRegion } from "@/features/insights/scroll-region";
import { UpdatesProvider } from "@/features/insights/updates";
import { EventsPanel } from "@/features/live/events-panel";
import { Panel } from "@/ui/panel";
import { Skeleton } from "@/ui/skeleton";
import { PeriodTable } from "@/ui/table";
import { Wrappable } from "@/ui/wrappable";
import { PersonalData } from "./personal-data";
import { type User, useUser } from "./use-user";

const TIMELINE_HEIGHT = 480;
const TIMELINE_REFRESH_MS = 15_000;
const PAGE_EVENTS = 100;

/** What is known about a user: their profile, their events per type, and all their events. */
export function UserPage({ user_id }: { readonly user_id: string }) {
  const today = useNow().slice(0, 10);
  const { user, error, refetch } = useUser(user_id);
  const users = usePath()("users");
  const failure = firstToReport([error]);
  const seen = user && (user.profile ?? user.description);
  const [isErased, setIsErased] = useState(false);
  return (
    <main className="mx-auto max-w-[100rem] space-y-4 px-3 py-5 sm:px-6">
      <div>
        <Link href={users} className="text-sm text-muted underline underline-offset-2">
          All users
        </Link>
        <h1 className="mt-1 text-xl font-semibold">
          <Wrappable>{user_id}</Wrappable>
        </h1>
      </div>
      {failure && <ErrorAlert error={failure} retry={refetch} />}
      {!user && !failure && (
        <div aria-busy="true">
          <Skeleton className="h-64" />
        </div>
      )}
      {user && !seen && <p className="text-muted">This user has sent no events.</p>}
      {user && seen && !isErased && (
        <div className="grid items-start gap-4 lg:grid-cols-2">
          <Profile user={user} />
          <EventTypes user={user} />
        </div>
      )}
      {user && <PersonalData user_id={user_id} onErase={() => setIsErased(true)} />}
      {user && seen && !isErased && (
        <UpdatesProvider>
          <EventsPanel
            height={TIMELINE_HEIGHT}
            refreshMs={TIMELINE_REFRESH_MS}
            filters={{
              user_id,
              limit: PAGE_EVENTS,
              start_date: seen.first_seen.slice(0, 10),
              end_date: laterOf(today, seen.last_seen),
            }}
          />
        </UpdatesProvider>
      )}
    </main>
  );
}

function laterOf(today: Day, time: string): Day {
  const day = time.slice(0, 10);
  return day > today ? day : today;
}

/** When the user was seen, and the properties of their last event. */
function Profile({ user: { description, profile } }: { readonly user: User }) {
  const zone = useZone();
  const seen = profile ?? description!;
  const properties = Object.entries(description?.last_properties ?? {});
  return (
    <Panel title="Profile" className="min-w-0">
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-2 px-4 pb-4 text-sm">
        <Detail name="Events">{formatNumber(seen.events)}</Detail>
        <Detail name={`First seen (${zone})`}>{formatTime(seen.first_seen, zone)}</Detail>
        <Detail name={`Last seen (${zone})`}>{formatTime(seen.last_seen, zone)}</Detail>
      </dl>
      {properties.length > 0 && (
        <section className="border-t border-line px-4 py-3 text-sm">
          <h3 className="pb-2 font-medium">Properties of the last event</h3>
          <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-2">
            {properties.map(([name, value]) => (
              <Detail key={name} name={name}>
                {typeof value === "string" ? value : JSON.stringify(value)}
              </Detail>
            ))}
          </dl>
        </section>
      )}
    </Panel>
  );
}

function Detail({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt className="max-w-40 wrap-anywhere text-muted">{name}</dt>
      <dd className="min-w-0 wrap-anywhere tabular-nums">{children}</dd>
    </>
  );
}

/** The number of the user's events by type. */
function EventTypes({ user: { profile } }: { readonly user: User }) {
  const zone = useZone();
  const csv = profile && (
    <CsvButton
      name="event-types"
      rows={() => [
        ["event_type", "events", "last_seen"],
        ...profile.event_types.map(({ event_type, events, last_seen }) => [event_type, events, last_seen]),
      ]}
    />
  );
  return (
    <Panel title="Events by type" aside={csv} className="min-w-0">
      {profile ? (
        <>
          <ScrollRegion label="Counts">
            <PeriodTable
              caption="Events by type, most frequent first"
              headings={["Event type", "Events", `Last (${zone})`]}
              rows={profile.event_types.map(({ event_type, events, last_seen }) => [
                event_type,
                formatNumber(events),
                formatTime(last_seen, zone),
              ])}
            />
          </ScrollRegion>
          <p className="border-t border-line px-4 py-2.5 text-xs text-muted">
            {profile.complete_through &&
              `Includes all events received until ${formatTime(profile.complete_through, zone)} ${zone}.`}
          </p>
        </>
      ) : (
        <p className="px-4 pb-4 text-sm text-muted">
          Events by type aren&apos;t available for a user ID that contains a slash.
        </p>
      )}
    </Panel>
  );
}

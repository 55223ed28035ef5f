import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { eventIn, keyOf } from "@/features/live/event-address";
import { EventPage } from "@/features/live/event-page";

export const metadata: Metadata = { title: "Event" };

/** The page of one event. An event's id can contain any character, so it is in the query. */
export default async function LiveEventPage({ searchParams }: PageProps<"/o/[org_id]/live/event">) {
  const event_key = eventIn(await searchParams);
  if (!event_key) notFound();
  return <EventPage key={keyOf(event_key)} event_key={event_key} />;
}

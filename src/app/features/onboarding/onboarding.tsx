"use client";

import { useEvents } from "@acme/analytics-react";
import { type ReactNode, useEffect, useState } from "react";
import { useZone } from "@/features/clock/clock";
import { formatTime } from "@/features/dashboard/format";
import { ErrorAlert } from "@/features/errors/error-alert";
import { firstToReport } from "@/features/errors/error-messages";
import { CodeStep } from "./code-step";
import { KeyStep } from "./key-step";

/** How often the page looks for events. */
const POLL_MS = 2_000;
const SHOWN = 5;

const NEWEST_EVENTS = { limit: SHOWN } as const;

interface OnboardingProps {
  /** Whether the numbers of the overview contain the first event. */
  readonly isCounted: boolean;
  /** Fetch the numbers of the overview again. */
  readonly recount: () => void;
  /** Show the overview. */
  readonly onDone: () => void;
}

/** The three steps to the first event of an organisation. They stay until the user opens the overview. */
export function Onboarding(props: OnboardingProps) {
  const [apiKey, setApiKey] = useState<string>();
  return (
    <main className="mx-auto max-w-3xl space-y-4 px-3 py-5 sm:px-6">
      <h1 className="text-xl font-semibold">Send your first event</h1>
      <ol className="space-y-4">
        <Step title="1. Create a key">
          <KeyStep apiKey={apiKey} onCreated={setApiKey} />
        </Step>
        <Step title="2. Add the code">
          <CodeStep apiKey={apiKey} />
        </Step>
        <Step title="3. Receive the event">
          <Arrival {...props} />
        </Step>
      </ol>
    </main>
  );
}

interface StepProps {
  readonly title: string;
  readonly children: ReactNode;
}

function Step({ title, children }: StepProps) {
  return (
    <li className="min-w-0 space-y-3 rounded-lg border border-line bg-surface p-4 text-sm">
      <h2 className="text-base font-semibold">{title}</h2>
      {children}
    </li>
  );
}

/** The events as they arrive. The numbers of the overview follow within a few seconds. */
function Arrival({ isCounted, recount, onDone }: OnboardingProps) {
  const { events, error, hasNextPage, refetch } = useEvents(NEWEST_EVENTS, { refreshMs: POLL_MS });
  const zone = useZone();
  const failure = firstToReport([error]);
  const isCounting = events.length > 0 && !isCounted;
  useEffect(() => {
    if (!isCounting) return undefined;
    const timer = setInterval(recount, POLL_MS);
    return () => clearInterval(timer);
  }, [isCounting, recount]);
  return (
    <>
      {failure && <ErrorAlert error={failure} retry={() => void refetch()} />}
      <output className="block font-medium">
        {events.length ? receivedOf(events.length, hasNextPage) : "Waiting for your first event…"}
      </output>
      {events.length > 0 && (
        <ul aria-label="Events" className="divide-y divide-line">
          {events.slice(0, SHOWN).map(({ event_id, event_type, user_id, timestamp }) => (
            <li key={event_id} className="flex flex-wrap justify-between gap-x-4 py-1.5">
              <span className="min-w-0 wrap-anywhere">
                <b className="font-medium">{event_type}</b> by {user_id}
              </span>
              <span className="text-muted tabular-nums">{formatTime(timestamp, zone)}</span>
            </li>
          ))}
        </ul>
      )}
      {isCounting && <p className="text-muted">The overview is being updated…</p>}
      {isCounted && (
        <button type="button" className="button button-main" onClick={onDone}>
          Open the overview
        </button>
      )}
    </>
  );
}

function receivedOf(events: number, hasMore: boolean): string {
  if (hasMore) return `More than ${events} events received.`;
  return events === 1 ? "1 event received." : `${events} events received.`;
}

"use client";

import { useTrackEvent } from "@acme/analytics-react";
import type { AnalyticsError } from "@acme/analytics-sdk";
import { useSession } from "@/features/auth/session-provider";
import { useToast } from "@/ui/toast";

/** Tracks an event with the SDK, as an app does, and reports the result. */
export function TestEventButton() {
  const { user } = useSession();
  const trackEvent = useTrackEvent();
  const { toast, show } = useToast();
  const send = (): void => {
    show("Sending test event…", true);
    trackEvent({ event_type: "test_event", user_id: user.id, properties: { sent_from: "dashboard" } }).then(
      () => show("Test event stored."),
      (error: AnalyticsError) => show(`Test event rejected: ${error.message}`),
    );
  };
  return (
    <>
      <button type="button" className="button" onClick={send}>
        <span className="max-sm:sr-only">Send</span>
        <span className="max-sm:first-letter:uppercase">test event</span>
      </button>
      {toast}
    </>
  );
}

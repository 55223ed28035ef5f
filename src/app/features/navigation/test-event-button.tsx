"use client";

import { useTrackEvent } from "@acme/analytics-react";
import type { AnalyticsError } from "@acme/analytics-sdk";
import { useEffect, useState } from "react";
import { useSession } from "@/features/auth/session-provider";

const SENDING = "Sending test event…";
const SHOWN_FOR_MS = 6000;

/** Tracks an event with the SDK, as an app does, and reports the result. */
export function TestEventButton() {
  const { user } = useSession();
  const trackEvent = useTrackEvent();
  const [message, setMessage] = useState("");
  useEffect(() => {
    if (!message || message === SENDING) return undefined;
    const timer = setTimeout(() => setMessage(""), SHOWN_FOR_MS);
    return () => clearTimeout(timer);
  }, [message]);
  const send = (): void => {
    setMessage(SENDING);
    trackEvent({ event_type: "test_event", user_id: user.id, properties: { sent_from: "dashboard" } }).then(
      () => setMessage("Test event stored."),
      (error: AnalyticsError) => setMessage(`Test event rejected: ${error.message}`),
    );
  };
  return (
    <>
      <button type="button" className="button" onClick={send}>
        <span className="max-sm:sr-only">Send</span>
        <span className="max-sm:first-letter:uppercase">test event</span>
      </button>
      <output className={message ? "toast" : "sr-only"}>{message}</output>
    </>
  );
}

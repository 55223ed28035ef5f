"use client";

import { useTrackEvent } from "@acme/analytics-react";
import { useEffect, useState } from "react";
import { useSession } from "@/features/auth/session-provider";

const MESSAGES = {
  idle: "",
  sending: "Sending test event…",
  stored: "Test event stored.",
  rejected: "Test event rejected.",
} as const;

const SHOWN_FOR_MS = 6000;

/** Tracks an event with the SDK, as an app does, and reports the result. */
export function TestEventButton() {
  const { user } = useSession();
  const trackEvent = useTrackEvent();
  const [state, setState] = useState<keyof typeof MESSAGES>("idle");
  useEffect(() => {
    if (state === "idle" || state === "sending") return undefined;
    const timer = setTimeout(() => setState("idle"), SHOWN_FOR_MS);
    return () => clearTimeout(timer);
  }, [state]);
  const send = (): void => {
    setState("sending");
    trackEvent({ event_type: "test_event", user_id: user.id, properties: { sent_from: "dashboard" } }).then(
      () => setState("stored"),
      () => setState("rejected"),
    );
  };
  return (
    <>
      <button type="button" className="button" onClick={send}>
        <span className="max-sm:sr-only">Send</span>
        <span className="max-sm:first-letter:uppercase">test event</span>
      </button>
      <output className={MESSAGES[state] ? "toast" : "sr-only"}>{MESSAGES[state]}</output>
    </>
  );
}

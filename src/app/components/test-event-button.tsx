"use client";

import { useTrackEvent } from "@acme/analytics-react";
import { useEffect, useState } from "react";
import { useSession } from "@/lib/session-client";

const SAYS = {
  idle: "",
  sending: "Sending the test event …",
  stored: "The test event is stored.",
  refused: "The test event was refused.",
} as const;

const SHOWN_FOR_MS = 6000;

/** Tracks an event as an app would, and says what became of it. */
export function TestEventButton() {
  const { user } = useSession();
  const trackEvent = useTrackEvent();
  const [state, setState] = useState<keyof typeof SAYS>("idle");
  useEffect(() => {
    if (state === "idle" || state === "sending") return undefined;
    const timer = setTimeout(() => setState("idle"), SHOWN_FOR_MS);
    return () => clearTimeout(timer);
  }, [state]);
  const send = (): void => {
    setState("sending");
    trackEvent({ event_type: "test_event", user_id: user.id, properties: { sent_from: "dashboard" } }).then(
      () => setState("stored"),
      () => setState("refused"),
    );
  };
  return (
    <>
      <button type="button" className="button" onClick={send}>
        Send a test event
      </button>
      <output className={SAYS[state] ? "toast" : "sr-only"}>{SAYS[state]}</output>
    </>
  );
}

import type { Event } from "@acme/analytics-sdk";
import { type JSX, useRef, useState } from "react";
import { copied } from "./copy.ts";

interface DetailsProps {
  readonly event: Event;
  readonly onClose: () => void;
}

/** One event as JSON, with a button to copy it. */
export function Details({ event, onClose }: DetailsProps): JSX.Element {
  const [label, setLabel] = useState("Copy");
  const jsonRef = useRef<HTMLPreElement>(null);
  const copy = async (): Promise<void> => {
    setLabel((await copied(jsonRef.current!)) ? "Copied" : "Press Ctrl+C or ⌘C to copy");
  };
  return (
    <section className="acme-events-details" aria-label="Event details">
      <div className="acme-events-actions">
        <button type="button" onClick={() => void copy()}>
          {label}
        </button>
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
      <pre ref={jsonRef}>{JSON.stringify(event, null, 2)}</pre>
    </section>
  );
}

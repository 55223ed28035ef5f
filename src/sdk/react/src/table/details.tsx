import type { Event } from "@acme/analytics-sdk";
import { type JSX, useState } from "react";

interface DetailsProps {
  readonly event: Event;
  readonly onClose: () => void;
}

/** One event whole, as JSON to read and to copy. */
export function Details({ event, onClose }: DetailsProps): JSX.Element {
  const [isCopied, setCopied] = useState(false);
  const json = JSON.stringify(event, null, 2);
  const copy = (): void => {
    void navigator.clipboard.writeText(json).then(() => setCopied(true));
  };
  return (
    <section className="acme-events-details" aria-label="Event details">
      <div className="acme-events-actions">
        {navigator.clipboard && ( // absent in pages that are not secure
          <button type="button" onClick={copy}>
            {isCopied ? "Copied" : "Copy"}
          </button>
        )}
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
      <pre>{json}</pre>
    </section>
  );
}

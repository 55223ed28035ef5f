import type { JSX } from "react";
import type { EventsResult } from "../use-events.ts";

interface FooterProps extends Omit<EventsResult, "sentinelRef"> {
  /** The number of new events above the view. */
  readonly above: number;
  readonly showAbove: () => void;
}

/** The state of the list, announced to screen readers. */
export function Footer({ above, showAbove, ...list }: FooterProps): JSX.Element {
  const { error, fetchNextPage, isLoading, isFetchingNextPage } = list;
  const isRetrying = isLoading || isFetchingNextPage;
  return (
    <div className="acme-events-footer">
      <span role="status">{error ? "" : statusOf(list)}</span>
      {above > 0 && (
        <button type="button" onClick={showAbove}>
          ↑ {above.toLocaleString()} new
        </button>
      )}
      {error && (
        <span role="alert">
          {error.message}{" "}
          <button type="button" onClick={() => void fetchNextPage()}>
            {isRetrying ? "Trying again…" : "Try again"}
          </button>
        </span>
      )}
    </div>
  );
}

function statusOf(list: Omit<EventsResult, "sentinelRef">): string {
  const { events, fresh, isLoading, isFetchingNextPage, hasNextPage } = list;
  if (isLoading) return "Loading events…";
  if (!events.length && !hasNextPage) return "No events match the filters.";
  if (isFetchingNextPage) return "Loading more events…";
  const more = hasNextPage ? ", more below" : "";
  const added = fresh.size ? `, ${fresh.size.toLocaleString()} of them new` : "";
  return `${events.length.toLocaleString()} events${added}${more}`;
}

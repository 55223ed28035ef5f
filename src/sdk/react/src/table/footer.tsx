import type { JSX } from "react";
import type { EventsResult } from "../use-events.ts";

type List = Omit<EventsResult, "sentinelRef">;

/** What is going on, said to screen readers as it changes. */
export function Footer(list: List): JSX.Element {
  const { error, fetchNextPage } = list;
  return (
    <div className="acme-events-footer">
      <span role="status">{error ? "" : statusOf(list)}</span>
      {error && (
        <span role="alert">
          {error.message}{" "}
          <button type="button" onClick={() => void fetchNextPage()}>
            Try again
          </button>
        </span>
      )}
    </div>
  );
}

function statusOf({ events, isLoading, isFetchingNextPage, hasNextPage }: List): string {
  if (isLoading) return "Loading events…";
  if (!events.length && !hasNextPage) return "No events match.";
  if (isFetchingNextPage) return "Loading more events…";
  return `${events.length.toLocaleString()} events${hasNextPage ? ", more below" : ""}`;
}

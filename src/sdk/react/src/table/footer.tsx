import type { JSX, ReactNode } from "react";
import type { EventsResult } from "../use-events.ts";

type List = Omit<EventsResult, "sentinelRef">;

interface FooterProps extends List {
  /** The number of new events above the view. */
  readonly above: number;
  readonly showAbove: () => void;
  /** Says that no events match. */
  readonly emptyState: ReactNode;
  /** The language of numbers. Default: that of the browser. */
  readonly locale: string | undefined;
}

/** The state of the list, announced to screen readers. */
export function Footer({ above, showAbove, emptyState, locale, ...list }: FooterProps): JSX.Element {
  const { error, fetchNextPage, isLoading, isFetchingNextPage } = list;
  const isRetrying = isLoading || isFetchingNextPage;
  return (
    <div className="acme-events-footer">
      <span role="status">{error ? "" : isEmpty(list) ? emptyState : statusOf(list, locale)}</span>
      {above > 0 && (
        <button type="button" onClick={showAbove}>
          ↑ {above.toLocaleString(locale)} new
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

function isEmpty({ events, isLoading, hasNextPage }: List): boolean {
  return !isLoading && !events.length && !hasNextPage;
}

function statusOf(list: List, locale: string | undefined): string {
  const { events, fresh, isLoading, isFetchingNextPage, hasNextPage } = list;
  if (isLoading) return "Loading events…";
  if (isFetchingNextPage) return "Loading more events…";
  const more = hasNextPage ? ", more below" : "";
  const added = fresh.size ? `, ${fresh.size.toLocaleString(locale)} of them new` : "";
  const count = events.length === 1 ? "1 event" : `${events.length.toLocaleString(locale)} events`;
  return `${count}${added}${more}`;
}

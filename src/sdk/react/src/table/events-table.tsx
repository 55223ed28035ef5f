import type { Event, EventFilters } from "@acme/analytics-sdk";
import { type CSSProperties, type JSX, type ReactNode, useId, useRef, useState } from "react";
import { keyOf } from "../merge.ts";
import { useEvents } from "../use-events.ts";
import { type Column, COLUMNS, type Format } from "./columns.ts";
import { Details } from "./details.tsx";
import { Footer } from "./footer.tsx";
import { Row } from "./row.tsx";
import { STYLES } from "./styles.ts";
import { useNewRowsAbove } from "./use-new-rows-above.ts";
import { useGridKeys } from "./use-grid-keys.ts";
import { useVirtualRows } from "./use-virtual-rows.ts";

export interface EventsTableProps extends EventFilters, Format {
  /** The table's name for screen readers. Default: "Events". */
  readonly label?: string;
  /** The height of the scroll area in pixels. Default: 480. */
  readonly height?: number;
  /** The height of a row in pixels. Default: 40. */
  readonly rowHeight?: number;
  /** The columns. Default: time, event, user, properties. */
  readonly columns?: readonly Column[];
  /** The interval in milliseconds at which new events are fetched and marked. Default: never. */
  readonly refreshMs?: number | undefined;
  /** Called when the user opens a row. The table shows no details then, unless `renderDetails` is set. */
  readonly onRowClick?: ((event: Event) => void) | undefined;
  /** Returns the details of the open event. Default: the event as JSON below the table. */
  readonly renderDetails?: ((event: Event, close: () => void) => ReactNode) | undefined;
  /** What the table shows if no events match. */
  readonly emptyState?: ReactNode;
  /** Added to the table's own class, `acme-events`. */
  readonly className?: string;
  /** Inline styles, such as values of the CSS variables. */
  readonly style?: CSSProperties;
  /** The nonce for styles under a content security policy. */
  readonly nonce?: string;
}

/**
 * A table of the matching events, newest first, loaded on scroll. Only the rows in view are rendered, and new events
 * don't move them. The CSS variables `--acme-events-*` set the look. The arrow keys, Page Up, Page Down, Home and End
 * move between rows, and Enter shows details, which then follow the keys. In a narrow container, rows have two lines.
 */
export function EventsTable({
  label = "Events",
  height = 480,
  rowHeight = 40,
  columns = COLUMNS,
  refreshMs,
  onRowClick,
  renderDetails = onRowClick ? undefined : showJson,
  emptyState = "No events match the filters.",
  locale,
  timeZone,
  className = "",
  style,
  nonce,
  ...filters
}: EventsTableProps): JSX.Element {
  const id = useId();
  const { sentinelRef, ...list } = useEvents(filters, { refreshMs });
  const { events, fresh, hasNextPage } = list;
  const scrollerRef = useRef<HTMLDivElement>(null);
  const { first, last, top, onScroll, reveal } = useVirtualRows(scrollerRef, events, rowHeight, height);
  const above = useNewRowsAbove(events, top);
  const [opened, setOpened] = useState<Event>();
  const close = (): void => setOpened(undefined);
  const toggle = (event: Event | undefined): void => {
    const opens = event && (event !== opened || !renderDetails);
    setOpened(opens && renderDetails ? event : undefined);
    if (opens) onRowClick?.(event);
  };
  const { active, setActive, onKeyDown } = useGridKeys(events, Math.floor(height / rowHeight), {
    reveal,
    open: toggle,
    follow: (event) => opened && setOpened(event),
    close,
  });
  const rowId = (index: number): string => `${id}-${index}`;
  const grid = { gridTemplateColumns: columns.map(({ width }) => width ?? "1fr").join(" ") };
  return (
    <section className={`acme-events ${className}`} style={style}>
      <style
        nonce={nonce}
        href="acme-events"
        precedence="default"
        suppressHydrationWarning // browsers hide the nonce
        dangerouslySetInnerHTML={{ __html: STYLES }} // React 18 would escape it as text
      />
      <div
        ref={scrollerRef}
        className="acme-events-grid"
        style={{ height }}
        role="grid"
        tabIndex={0}
        aria-label={label}
        aria-rowcount={hasNextPage ? -1 : events.length + 1}
        aria-colcount={columns.length}
        aria-busy={list.isLoading || list.isFetchingNextPage}
        aria-activedescendant={active >= first && active < last ? rowId(active) : undefined}
        onScroll={onScroll}
        onKeyDown={onKeyDown}
      >
        <div role="row" aria-rowindex={1} className="acme-events-row acme-events-head" style={grid}>
          {columns.map(({ title }) => (
            <div key={title} role="columnheader">
              {title}
            </div>
          ))}
        </div>
        <div role="rowgroup" className="acme-events-body" style={{ height: events.length * rowHeight }}>
          {events.slice(first, last).map((event, offset) => (
            <Row
              key={keyOf(event)}
              id={rowId(first + offset)}
              event={event}
              index={first + offset}
              columns={columns}
              format={{ locale, timeZone }}
              isActive={first + offset === active}
              isOpen={event === opened}
              isFresh={fresh.has(event)}
              style={{ ...grid, height: rowHeight, top: (first + offset) * rowHeight }}
              onClick={() => {
                setActive(first + offset);
                toggle(event);
              }}
            />
          ))}
          <div ref={sentinelRef} className="acme-events-sentinel" aria-hidden="true" />
        </div>
      </div>
      {opened && renderDetails?.(opened, close)}
      <Footer {...list} {...{ above, emptyState, locale }} showAbove={() => reveal(0)} />
    </section>
  );
}

function showJson(event: Event, close: () => void): ReactNode {
  return <Details key={keyOf(event)} event={event} onClose={close} />;
}

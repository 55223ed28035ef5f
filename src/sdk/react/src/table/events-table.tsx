import type { Event, EventFilters } from "@acme/analytics-sdk";
import { type CSSProperties, type JSX, useId, useRef, useState } from "react";
import { keyOf } from "../merge.ts";
import { useEvents } from "../use-events.ts";
import { type Column, COLUMNS } from "./columns.ts";
import { Details } from "./details.tsx";
import { Footer } from "./footer.tsx";
import { Row } from "./row.tsx";
import { STYLES } from "./styles.ts";
import { useNewRowsAbove } from "./use-new-rows-above.ts";
import { useGridKeys } from "./use-grid-keys.ts";
import { useVirtualRows } from "./use-virtual-rows.ts";

export interface EventsTableProps extends EventFilters {
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
 * move between rows, and Enter shows details.
 */
export function EventsTable({
  label = "Events",
  height = 480,
  rowHeight = 40,
  columns = COLUMNS,
  refreshMs,
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
  const toggle = (event: Event | undefined): void => setOpened(event === opened ? undefined : event);
  const { active, setActive, onKeyDown } = useGridKeys(events, Math.floor(height / rowHeight), {
    reveal,
    open: toggle,
    close: () => setOpened(undefined),
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
      {opened && <Details key={keyOf(opened)} event={opened} onClose={() => setOpened(undefined)} />}
      <Footer {...list} above={above} showAbove={() => reveal(0)} />
    </section>
  );
}

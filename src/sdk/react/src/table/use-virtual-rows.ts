import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

/** The number of rows to render above and below the view. */
const OVERSCAN = 8;

export interface VirtualRows {
  /** The rows to render, from `first` to `last` (exclusive). */
  readonly first: number;
  readonly last: number;
  readonly onScroll: () => void;
  /** The first row in view. */
  readonly top: number;
  /** Scroll as little as necessary to show the row. */
  readonly reveal: (index: number) => void;
}

/**
 * Return which rows to render. All rows have the same height. New rows above don't move the rows in view, unless the
 * list is scrolled to the top.
 */
export function useVirtualRows(
  scrollerRef: RefObject<HTMLDivElement | null>,
  rows: readonly object[],
  rowHeight: number,
  height: number,
): VirtualRows {
  const [top, setTop] = useState(0);
  const count = rows.length;
  const onScroll = useCallback(() => {
    setTop(Math.floor((scrollerRef.current?.scrollTop ?? 0) / rowHeight));
  }, [scrollerRef, rowHeight]);
  useEffect(onScroll, [onScroll, count]); // a list that gets shorter scrolls without an event
  const before = useRef(rows);
  useBeforePaint(() => {
    const topRow = before.current[top];
    const moved = topRow ? rows.indexOf(topRow) - top : 0;
    before.current = rows;
    if (moved <= 0 || !scrollerRef.current?.scrollTop) return;
    scrollerRef.current.scrollTop += moved * rowHeight;
    onScroll(); // before anything is painted
  }, [rows, top, rowHeight, scrollerRef, onScroll]);
  const reveal = (index: number): void => {
    const element = scrollerRef.current;
    if (!element) return;
    const above = index * rowHeight;
    const below = above + 2 * rowHeight - height; // the header stays in view above the rows
    element.scrollTop = Math.max(below, Math.min(above, element.scrollTop));
    onScroll();
  };
  const first = Math.max(0, Math.min(top, count) - OVERSCAN);
  const last = Math.min(count, top + Math.ceil(height / rowHeight) + OVERSCAN);
  return { first, last, top, onScroll, reveal };
}

/** Run a layout effect, except on servers, where React 18 warns about it. */
function useBeforePaint(effect: () => void, dependencies: readonly unknown[]): void {
  // The platform never changes, so every render calls the same hook.
  /* oxlint-disable react/rules-of-hooks, react/exhaustive-deps */
  if (typeof document === "undefined") useEffect(effect, dependencies);
  else useLayoutEffect(effect, dependencies);
}

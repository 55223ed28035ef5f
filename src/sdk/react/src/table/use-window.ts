import { type RefObject, useCallback, useEffect, useState } from "react";

/** Rows rendered beyond what is in view, on each side. */
const OVERSCAN = 8;

export interface Window {
  /** The rows to render: from `first` up to, but not with, `last`. */
  readonly first: number;
  readonly last: number;
  readonly onScroll: () => void;
  /** Scrolls as little as it takes to show the row. */
  readonly reveal: (index: number) => void;
}

/** Which of many rows of one height are in view. Renders only when that changes. */
export function useWindow(
  scrollerRef: RefObject<HTMLDivElement | null>,
  count: number,
  rowHeight: number,
  height: number,
): Window {
  const [top, setTop] = useState(0);
  const onScroll = useCallback(() => {
    setTop(Math.floor((scrollerRef.current?.scrollTop ?? 0) / rowHeight));
  }, [scrollerRef, rowHeight]);
  useEffect(onScroll, [onScroll, count]); // a shorter list has scrolled by itself
  const reveal = (index: number): void => {
    const element = scrollerRef.current;
    if (!element) return;
    const above = index * rowHeight;
    const below = above + 2 * rowHeight - height; // the head stays in view above the rows
    element.scrollTop = Math.max(below, Math.min(above, element.scrollTop));
    onScroll();
  };
  const first = Math.max(0, Math.min(top, count) - OVERSCAN);
  const last = Math.min(count, top + Math.ceil(height / rowHeight) + OVERSCAN);
  return { first, last, onScroll, reveal };
}

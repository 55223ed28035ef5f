import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

/** Rows rendered beyond what is in view, on each side. */
const OVERSCAN = 8;

export interface Window {
  /** The rows to render: from `first` up to, but not with, `last`. */
  readonly first: number;
  readonly last: number;
  readonly onScroll: () => void;
  /** The first row in view. */
  readonly top: number;
  /** Scrolls as little as it takes to show the row. */
  readonly reveal: (index: number) => void;
}

/**
 * Which of many rows of one height are in view. Renders only when that changes. Rows that come in above
 * move nothing that is looked at, unless the reader is at the very top.
 */
export function useWindow(
  scrollerRef: RefObject<HTMLDivElement | null>,
  rows: readonly object[],
  rowHeight: number,
  height: number,
): Window {
  const [top, setTop] = useState(0);
  const count = rows.length;
  const onScroll = useCallback(() => {
    setTop(Math.floor((scrollerRef.current?.scrollTop ?? 0) / rowHeight));
  }, [scrollerRef, rowHeight]);
  useEffect(onScroll, [onScroll, count]); // a shorter list has scrolled by itself
  const before = useRef(rows);
  useBeforePaint(() => {
    const looked = before.current[top];
    const moved = looked ? rows.indexOf(looked) - top : 0;
    before.current = rows;
    if (moved <= 0 || !scrollerRef.current?.scrollTop) return;
    scrollerRef.current.scrollTop += moved * rowHeight;
    onScroll(); // before anything is painted
  }, [rows, top, rowHeight, scrollerRef, onScroll]);
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
  return { first, last, top, onScroll, reveal };
}

/** React 18 warns of layout effects on a server. */
function useBeforePaint(effect: () => void, dependencies: readonly unknown[]): void {
  // A platform stays what it is, so the same hook is called in every render.
  /* oxlint-disable react/rules-of-hooks, react/exhaustive-deps */
  if (typeof document === "undefined") useEffect(effect, dependencies);
  else useLayoutEffect(effect, dependencies);
}

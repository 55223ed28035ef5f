"use client";

import { useRef, useState } from "react";

/** Return the data that the server rendered, and a function that changes the latest data and returns the result. */
export function usePageData<T extends object>(
  rendered: T,
): readonly [data: T, update: (change: (current: T) => T) => T] {
  const [changed, setChanged] = useState<T>();
  const latest = useRef<T>(undefined);
  const update = (change: (current: T) => T): T => {
    const next = (latest.current = change(latest.current ?? rendered));
    setChanged(next);
    return next;
  };
  return [changed ?? rendered, update];
}

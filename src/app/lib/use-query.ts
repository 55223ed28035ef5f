"use client";

import { useSearchParams } from "next/navigation";
import { useEffect, useSyncExternalStore } from "react";

const listeners = new Set<() => void>();

/**
 * The address's query, as the address has it. Next's own hook waits for the server, which has no part in
 * it, and stays behind when Back is pressed twice after a reload (16.4).
 */
export function useQuery(): string {
  const rendered = useSearchParams().toString();
  const query = useSyncExternalStore(subscribe, current, () => rendered);
  useEffect(tell, [rendered]); // Next has followed a link
  return query;
}

/** A step in the browser's history; the same address is none. */
export function pushQuery(query: string): void {
  if (query === current()) return;
  window.history.pushState(null, "", query ? `${location.pathname}?${query}` : location.pathname);
  tell();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("popstate", listener);
  };
}

function current(): string {
  return new URLSearchParams(location.search).toString();
}

function tell(): void {
  for (const listener of listeners) listener();
}

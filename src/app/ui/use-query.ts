"use client";

import { useSearchParams } from "next/navigation";
import { useEffect, useSyncExternalStore } from "react";

const listeners = new Set<() => void>();

/**
 * Return the query of the page's URL. Next's own hook (16.4) updates only after a request to the server, which isn't
 * needed here, and returns an old query after a reload followed by two steps back.
 */
export function useQuery(): string {
  const rendered = useSearchParams().toString();
  const query = useSyncExternalStore(subscribe, current, () => rendered);
  useEffect(notify, [rendered]); // after a navigation by Next
  return query;
}

/**
 * Add a step to the browser's history, unless the query is unchanged. Consecutive steps of the same group, such as a
 * choice between cards, are one step.
 */
export function pushQuery(query: string, group?: string): void {
  if (query === current()) return;
  const address = query ? `${location.pathname}?${query}` : location.pathname;
  const isSameGroup = group !== undefined && groupOf(window.history.state) === group;
  window.history[isSameGroup ? "replaceState" : "pushState"]({ group }, "", address);
  notify();
}

/** Replace the query of the page's URL without a step in the browser's history. */
export function replaceQuery(query: string): void {
  const address = query ? `${location.pathname}?${query}` : location.pathname;
  window.history.replaceState(window.history.state, "", address);
  notify();
}

function groupOf(state: unknown): unknown {
  return typeof state === "object" && state !== null && "group" in state ? state.group : undefined;
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

function notify(): void {
  for (const listener of listeners) listener();
}

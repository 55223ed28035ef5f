import { useSyncExternalStore } from "react";

/** How exact the time is. */
const MINUTE_MS = 60_000;

/** Return the time in milliseconds, to the minute. While server-rendered HTML is hydrated, return undefined. */
export function useNow(): number | undefined {
  return useSyncExternalStore(subscribe, now, unknown);
}

function subscribe(onChange: () => void): () => void {
  const timer = setInterval(onChange, MINUTE_MS);
  return () => clearInterval(timer);
}

function now(): number {
  return Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
}

function unknown(): undefined {}

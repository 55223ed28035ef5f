import type { AnalyticsClient } from "@acme/analytics-sdk";
import { useState } from "react";
import type { Observable } from "./observable.ts";

const caches = new WeakMap<AnalyticsClient, Map<string, Observable<object>>>();

/** Return the store that components of a page share if their client and parameters are equal. Servers share no stores. */
export function shared<T extends Observable<any>>(
  client: AnalyticsClient,
  kind: string,
  parameters: object,
  make: (forget: () => void) => T,
): T {
  if (typeof document === "undefined") return make(() => {});
  const cache = caches.get(client) ?? new Map<string, Observable<object>>();
  caches.set(client, cache);
  const key = kind + keyOf(parameters);
  const found = cache.get(key) ?? make(() => cache.delete(key));
  cache.set(key, found);
  return found as T;
}

/** Drop all data that this client fetched. Data that components show are fetched again. */
export function resetShared(client: AnalyticsClient): void {
  for (const store of caches.get(client)?.values() ?? []) store.reset();
}

/** Return a key of the parameters that does not depend on the order of members. Null is like a missing member. */
export function keyOf(parameters: object): string {
  return JSON.stringify(parameters, (_, value: unknown) => (isRecord(value) ? sorted(value) : value));
}

function isRecord(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function sorted(value: object): object {
  const set = Object.entries(value).filter(([, member]) => member !== undefined && member !== null);
  return Object.fromEntries(set.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Return the same object as long as the parameters are equal. */
export function useStable<T extends object>(parameters: T): T {
  const [stable, setStable] = useState(parameters);
  if (keyOf(stable) === keyOf(parameters)) return stable;
  setStable(parameters);
  return parameters;
}

"use client";

import type { AnnotationDescription } from "@acme/analytics-sdk";
import { useEffect, useState, useSyncExternalStore } from "react";
import { useSession } from "@/features/auth/session-provider";
import { useZone } from "@/features/clock/clock";
import { timesOf } from "@/features/clock/zones";
import type { DayRange } from "@/features/dashboard/days";

type Annotations = readonly AnnotationDescription[];

/** The requests that haven't been answered, so that the charts of a board share one. */
const requests = new Map<string, Promise<Annotations | null>>();
const listeners = new Set<() => void>();
let changes = 0;

/** Let all charts read the annotations again, after this tab has changed one. */
export function readAgain(): void {
  changes += 1;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Return the annotations of the days: undefined until they are read, and null if they can't be read. */
export function useAnnotations(range: DayRange): Annotations | null | undefined {
  const { org_id } = useSession();
  const changed = useSyncExternalStore(
    subscribe,
    () => changes,
    () => 0,
  );
  const address = `/o/${org_id}/annotations?${new URLSearchParams({ ...timesOf(range, useZone()) })}`;
  const [found, setFound] = useState<{ readonly address: string; readonly list: Annotations | null }>();
  useEffect(() => {
    let isCurrent = true;
    const show = (list: Annotations | null): void => {
      if (isCurrent) setFound({ address, list });
    };
    read(address, changed).then(show, () => show(null));
    return () => {
      isCurrent = false;
    };
  }, [address, changed]);
  return found?.address === address ? found.list : undefined;
}

/** Send the request, unless it was already sent after the last change. */
function read(address: string, changed: number): Promise<Annotations | null> {
  const key = `${changed} ${address}`;
  const request = requests.get(key) ?? fetchList(address);
  requests.set(key, request);
  const forget = (): void => void requests.delete(key);
  request.then(forget, forget);
  return request;
}

async function fetchList(address: string): Promise<Annotations | null> {
  const response = await fetch(address);
  return ((await response.json()) as { readonly data: Annotations | null }).data;
}

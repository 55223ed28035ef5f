"use client";

import { useCallback, useEffect, useRef, useState } from "react";
import { attempt } from "@/features/errors/attempt";
import type { ErrorCode } from "@/features/errors/error-messages";
import type { PageData } from "@/server/page-data";
import { useSession } from "./session-provider";

interface TabData<T> {
  readonly org_id: string;
  readonly data: T | undefined;
  /** The error of the last request. The data is kept. */
  readonly error: ErrorCode | undefined;
  readonly show: (result: T | ErrorCode) => void;
  /** Change the current data, which may be newer than the rendered data, and return it. Without data, load it again. */
  readonly update: (change: (current: T) => T) => T | undefined;
}

/**
 * Return the data of a page in the organisation that this tab shows. If the server read the data of another
 * organisation, because another tab has switched to it, the data is loaded again.
 */
export function useTabData<T extends object>(
  page: PageData<T> | undefined,
  load: (org_id: string) => Promise<T | ErrorCode>,
): TabData<T> {
  const { org_id } = useSession();
  const [changed, setChanged] = useState<T>();
  const latest = useRef<T>(undefined);
  const [error, setError] = useState<ErrorCode>();
  const rendered = page?.renderedFor === org_id ? page.rendered : undefined;
  const data = changed ?? rendered;
  const show = useCallback((result: T | ErrorCode): void => {
    setError(typeof result === "string" ? result : undefined);
    if (typeof result !== "string") setChanged((latest.current = result));
  }, []);
  const reload = useCallback((): void => void attempt(load(org_id)).then(show), [org_id, load, show]);
  const update = (change: (current: T) => T): T | undefined => {
    const current = latest.current ?? rendered;
    if (current) show(change(current));
    else reload();
    return latest.current;
  };
  const isMissing = !data;
  useEffect(() => {
    if (isMissing) reload();
  }, [isMissing, reload]);
  return { org_id, data, error, show, update };
}

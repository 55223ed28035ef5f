"use client";

import { createContext, type ReactNode, use, useCallback, useEffect, useMemo, useState } from "react";
import { useSession } from "@/features/auth/session-provider";
import { ERRORS } from "./error-messages";

/** A failure is reported at most 5 seconds after it begins: after a pause and the time limit of a check. */
const PAUSE_MS = 2_500;
const CHECK_MS = 2_000;

interface ApiStatus {
  readonly isDown: boolean;
}

const StatusContext = createContext<ApiStatus>({ isDown: false });

/** Return whether the API responds. */
export function useApiStatus(): ApiStatus {
  return use(StatusContext);
}

/** Checks while the page is visible whether the API responds, and says so if it doesn't. */
export function ApiStatusProvider({ children }: { readonly children: ReactNode }) {
  const { apiBaseUrl } = useSession();
  const [isDown, setIsDown] = useState(false);
  const check = useCallback(async (): Promise<void> => {
    const responds = await isHealthy(`${apiBaseUrl}/healthz`);
    setIsDown((wasDown) => {
      // The hooks of the SDK wait longer after each failure, and retry at once when the browser is online again.
      if (wasDown && responds) queueMicrotask(() => window.dispatchEvent(new Event("online")));
      return !responds;
    });
  }, [apiBaseUrl]);
  useEffect(() => {
    let timer = setTimeout(() => void repeat(), PAUSE_MS);
    let isEnded = false;
    const repeat = async (): Promise<void> => {
      if (document.visibilityState === "visible") await check();
      if (!isEnded) timer = setTimeout(() => void repeat(), PAUSE_MS);
    };
    return () => {
      isEnded = true;
      clearTimeout(timer);
    };
  }, [check]);
  const status = useMemo(() => ({ isDown }), [isDown]);
  return (
    <StatusContext value={status}>
      {isDown && (
        <div role="alert" className="strip">
          {ERRORS.api_unavailable.title}. The numbers on this page may be old. Retrying automatically…
          <button type="button" className="button" onClick={() => void check()}>
            Try again
          </button>
        </div>
      )}
      {children}
    </StatusContext>
  );
}

/** The content of a page, which is dimmed while the API doesn't respond. */
export function Content({ children }: { readonly children: ReactNode }) {
  const { isDown } = useApiStatus();
  return (
    <div id="content" tabIndex={-1} data-down={isDown || undefined} className="min-w-0 grow">
      {children}
    </div>
  );
}

async function isHealthy(url: string): Promise<boolean> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), CHECK_MS);
  try {
    const response = await fetch(url, { signal: abort.signal, cache: "no-store" });
    return response.status < 500;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

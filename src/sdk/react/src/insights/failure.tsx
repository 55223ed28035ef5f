import type { AnalyticsError } from "@acme/analytics-sdk";
import { type JSX, type RefObject, useLayoutEffect, useRef, useState } from "react";

interface FailureProps {
  readonly error: AnalyticsError;
  /** Whether older data are in view. */
  readonly hasData: boolean;
  readonly refetch: () => Promise<void>;
  /** Gets the focus if the button disappears while it has the focus. */
  readonly frameRef: RefObject<HTMLElement | null>;
}

/** An error instead of the data, or below older data. Servers never render it, because they don't fetch. */
export function Failure({ error, hasData, refetch, frameRef }: FailureProps): JSX.Element {
  const [isRetrying, setIsRetrying] = useState(false);
  const buttonRef = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    const [button, frame] = [buttonRef.current, frameRef.current];
    return () => {
      if (button && button === document.activeElement) frame?.focus();
    };
  }, [frameRef]);
  const retry = (): void => {
    setIsRetrying(true);
    void refetch().then(() => setIsRetrying(false)); // never rejects
  };
  return (
    <div role="alert" className="acme-insight-failure" data-over={hasData || undefined}>
      <span>{error.message}</span>{" "}
      <button ref={buttonRef} type="button" onClick={retry}>
        {isRetrying ? "Trying again…" : "Try again"}
      </button>
    </div>
  );
}

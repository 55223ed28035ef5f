"use client";

import { createContext, type ReactNode, use, useEffect, useMemo, useState } from "react";
import { useZone } from "@/features/clock/clock";
import { formatTime } from "@/features/dashboard/format";

interface Updates {
  readonly isPaused: boolean;
  readonly toggle: () => void;
}

const UpdatesContext = createContext<Updates | undefined>(undefined);

/** Lets the reader pause the updates of all panels of a page. */
export function UpdatesProvider({ children }: { readonly children: ReactNode }) {
  const [isPaused, setIsPaused] = useState(false);
  const updates = useMemo(() => ({ isPaused, toggle: () => setIsPaused((was) => !was) }), [isPaused]);
  return <UpdatesContext value={updates}>{children}</UpdatesContext>;
}

/** Return whether the page's updates are paused. */
export function useIsPaused(): boolean {
  return use(UpdatesContext)?.isPaused ?? false;
}

interface UpdatedProps {
  /** When the panel was updated, in milliseconds. */
  readonly at: number | undefined;
  /** The time until which the data are complete, if it is known. */
  readonly complete_through?: string | null | undefined;
}

/** Says how old the data of a panel are, with a button that pauses the updates of the page if it is updated. */
export function Updated({ at, complete_through }: UpdatedProps) {
  const updates = use(UpdatesContext);
  const zone = useZone();
  return (
    <div className="flex flex-wrap items-center gap-x-3 border-t border-line px-4 py-1.5 text-xs text-muted">
      <span className="grow">
        {complete_through && (
          <>
            Includes all events received until{" "}
            <time dateTime={complete_through}>{formatTime(complete_through, zone)}</time> {zone}.{" "}
          </>
        )}
        {complete_through === null && "This organisation has no events yet. "}
        <Age at={at} />
        {updates?.isPaused && " Updates are paused."}
      </span>
      {updates && (
        <button type="button" className="link-button text-xs" onClick={updates.toggle}>
          {updates.isPaused ? "Resume" : "Pause"}
        </button>
      )}
    </div>
  );
}

/** The time since an update, which is written without rendering the panel again. */
function Age({ at }: { readonly at: number | undefined }) {
  const [now, setNow] = useState<number>();
  useEffect(() => {
    const update = (): void => setNow(Date.now());
    const timer = setInterval(update, 1_000);
    return () => clearInterval(timer);
  }, []);
  if (at === undefined) return null;
  return <span>Updated {ageOf(Math.max(0, (now ?? at) - at))}.</span>;
}

/** Return the time at which the page first had this value, in milliseconds, or undefined if there is no value. */
export function useTimeOf(value: unknown): number | undefined {
  const [at, setAt] = useState<number>();
  useEffect(() => {
    // The time is that of the last change, which only an effect knows.
    // oxlint-disable-next-line react/set-state-in-effect
    if (value !== undefined) setAt(Date.now());
  }, [value]);
  return at;
}

/** Return an age as `4 s ago`. */
export function ageOf(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  if (seconds < 60) return `${seconds} s ago`;
  return seconds < 3_600 ? `${Math.floor(seconds / 60)} min ago` : `${Math.floor(seconds / 3_600)} h ago`;
}

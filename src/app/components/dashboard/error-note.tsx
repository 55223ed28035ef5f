"use client";

import { type AnalyticsError, AuthenticationError } from "@acme/analytics-sdk";
import { usePathname } from "next/navigation";
import { adviceOn } from "@/lib/advice";
import { useQuery } from "@/lib/use-query";

interface ErrorNoteProps {
  readonly error: AnalyticsError;
  readonly retry: () => void;
}

/** What could not be read, why, and what to do. What was read before stays. */
export function ErrorNote({ error, retry }: ErrorNoteProps) {
  const { title, text } = adviceOn(error);
  const here = `${usePathname()}?${useQuery()}`;
  const signIn = `/sign-in?${new URLSearchParams({ return: here })}`;
  return (
    <div
      role="alert"
      className="flex flex-wrap items-center gap-x-4 gap-y-2 rounded-lg border border-bad bg-surface px-4 py-3 text-sm"
    >
      <p className="grow">
        <b className="font-semibold text-bad">{title}.</b> {text}
      </p>
      {error instanceof AuthenticationError ? (
        <a className="button" href={signIn}>
          Sign in again
        </a>
      ) : (
        <button type="button" className="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

"use client";

import { StatePage } from "@/components/state-page";

interface ErrorPageProps {
  readonly error: Error & { readonly digest?: string };
  readonly reset: () => void;
}

/** A page has failed; the bar above it still works. */
export default function ErrorPage({ error, reset }: ErrorPageProps) {
  return (
    <StatePage
      title="This page has failed"
      actions={
        <button type="button" className="button button-main" onClick={reset}>
          Try again
        </button>
      }
    >
      <p>
        If trying again does not help, tell your administrator this number: {error.digest ?? error.message}
      </p>
    </StatePage>
  );
}

"use client";

import { MessagePage } from "@/ui/message-page";

interface ErrorPageProps {
  readonly error: Error & { readonly digest?: string };
  readonly reset: () => void;
}

/** Replaces a page that failed. The header still works. */
export default function ErrorPage({ error, reset }: ErrorPageProps) {
  return (
    <MessagePage
      title="Something went wrong"
      actions={
        <button type="button" className="button button-main" onClick={reset}>
          Try again
        </button>
      }
    >
      <p>
        If the problem persists, send this error ID to your administrator: {error.digest ?? error.message}
      </p>
    </MessagePage>
  );
}

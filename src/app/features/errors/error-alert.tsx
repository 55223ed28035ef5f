"use client";

import { type AnalyticsError, AuthenticationError, isRetryable, ServerError } from "@acme/analytics-sdk";
import { SignInAgain } from "@/features/auth/sign-in-again";
import { useApiStatus } from "./api-status";
import { messageOfError } from "./error-messages";

interface ErrorAlertProps {
  readonly error: AnalyticsError;
  readonly retry: () => void;
}

/** Says which request failed and what to do. The page keeps the data that it has. */
export function ErrorAlert({ error, retry }: ErrorAlertProps) {
  const { isDown } = useApiStatus();
  if (isDown && isRetryable(error)) return null; // the strip below the header says so
  const { title, text } = messageOfError(error);
  const request = error instanceof ServerError ? error.requestId : undefined;
  return (
    <div
      role="alert"
      className="flex flex-wrap items-center gap-x-4 gap-y-2 rounded-lg border border-bad bg-surface px-4 py-3 text-sm"
    >
      <p className="grow">
        <b className="font-semibold text-bad">{title}.</b> {text}
        {request && <span className="text-muted"> Request ID: {request}</span>}
      </p>
      {error instanceof AuthenticationError ? (
        <SignInAgain />
      ) : (
        <button type="button" className="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

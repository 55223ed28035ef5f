"use client";

import { type AnalyticsError, AuthenticationError } from "@acme/analytics-sdk";
import { SignInAgain } from "@/features/auth/sign-in-again";
import { messageOfError } from "./error-messages";

interface ErrorAlertProps {
  readonly error: AnalyticsError;
  readonly retry: () => void;
}

/** Says which request failed and what to do. The page keeps the data that it has. */
export function ErrorAlert({ error, retry }: ErrorAlertProps) {
  const { title, text } = messageOfError(error);
  return (
    <div
      role="alert"
      className="flex flex-wrap items-center gap-x-4 gap-y-2 rounded-lg border border-bad bg-surface px-4 py-3 text-sm"
    >
      <p className="grow">
        <b className="font-semibold text-bad">{title}.</b> {text}
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

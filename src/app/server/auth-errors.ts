import "server-only";
import { type ErrorCode, ERRORS } from "@/features/errors/error-messages";

/** An error response of the API. `code` is one of those in docs/api.md. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
  ) {
    super(detail);
  }
}

/** The API is unreachable, overloaded or returns server errors. */
export class ApiUnavailableError extends Error {
  readonly code = "api_unavailable";
}

/** The identity provider is unreachable or returns server errors. */
export class ProviderUnavailableError extends Error {
  readonly code = "provider_unavailable";
}

/** There is no session, or the identity provider no longer issues ID tokens for its user. */
export class ReauthenticationRequiredError extends Error {
  readonly code = "session_ended";
}

/**
 * Return the code of an expected error, and rethrow any other error. The function compares codes, not classes: the
 * proxy and the routes share errors of token renewals, but each has its own copy of the classes.
 */
export function errorCodeOf(error: unknown): ErrorCode {
  if (error instanceof ApiError && error.status === 401) return "session_ended";
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (isErrorCode(code)) return code;
  throw error;
}

/** Return the error as a response for the browser code. */
export function errorResponse(code: ErrorCode): Response {
  const { status } = ERRORS[code];
  return Response.json({ code }, { status, headers: { "Cache-Control": "no-store" } });
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}

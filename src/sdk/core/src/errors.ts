import type { EventError, EventOutcome, Problem, ProblemField } from "./api.gen.ts";

/** The base of all errors of this package. `code` is stable, for programs. */
export class AnalyticsError extends Error {
  declare readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** There was no usable response: the API is unreachable, the request timed out, or a proxy responded. */
export class NetworkError extends AnalyticsError {}

/** The queue is full and the caller chose not to wait. The event is dropped. */
export class QueueFullError extends AnalyticsError {}

/** The client is closed, or was closed before the event was delivered. */
export class ClosedError extends AnalyticsError {}

/** The API rejected the event. `code` and the message give the reason, and `pointer` names the field. */
export class EventRejectedError extends AnalyticsError {
  /** JSON Pointer into the event. */
  declare readonly pointer: string;

  constructor({ code, detail, pointer }: EventError) {
    const own = pointer.replace(/\/events\/\d+/, "");
    super(code, `${own || "event"} ${detail}`);
    this.pointer = own;
  }
}

/** An error response from the API, with its problem document. `AnalyticsClient` has a subclass per status. */
export class ApiError extends AnalyticsError {
  declare readonly status: number;
  /** The id of the request, for support. */
  declare readonly requestId: string | undefined;
  /** The invalid fields, if any. */
  declare readonly errors: readonly ProblemField[];
  /** The result of every event, if all of them were rejected. */
  declare readonly results: readonly EventOutcome[] | undefined;
  /** The wait that the API requires before a retry, in milliseconds. */
  declare readonly retryAfterMs: number | undefined;

  constructor(
    status: number,
    problem: Partial<Problem> & { readonly results?: readonly EventOutcome[] },
    retryAfterMs?: number,
  ) {
    const { code, title, detail, errors = [], results, request_id: requestId } = problem;
    super(code ?? `http_${status}`, detail ?? title ?? `HTTP ${status}`);
    Object.assign(this, { status, requestId, errors, results, retryAfterMs });
  }
}

/** Return the error, wrapped if it is not an error of this package. */
export function asAnalyticsError(error: unknown): AnalyticsError {
  return error instanceof AnalyticsError
    ? error
    : new AnalyticsError("unexpected", String(error), { cause: error });
}

/** Return the status of the API's response, or 0 for any other error. */
export function statusOf(error: unknown): number {
  return error instanceof ApiError ? error.status : 0;
}

/** Return whether the same request may succeed later. */
export function isRetryable(error: unknown): boolean {
  const status = statusOf(error);
  return error instanceof NetworkError || status >= 500 || [408, 409, 425, 429].includes(status);
}

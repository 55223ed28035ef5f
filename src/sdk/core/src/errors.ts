import type { EventError, EventOutcome, Problem, ProblemField } from "./api.gen.ts";

/** Everything that this package rejects with. `code` is stable, for programs. */
export class AnalyticsError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** No usable answer came: the network is away, the request timed out, or something in between answered. */
export class NetworkError extends AnalyticsError {}

/** The queue is full and the caller chose not to wait. The event is not kept. */
export class QueueFullError extends AnalyticsError {}

/** The client is closed, or was closed before the event could be delivered. */
export class ClosedError extends AnalyticsError {}

/** The event can't be stored as it is: `code` and the message say why, `pointer` where. */
export class EventRejectedError extends AnalyticsError {
  /** JSON Pointer into the event. */
  declare readonly pointer: string;

  constructor({ code, detail, pointer }: EventError) {
    super(code, detail);
    this.pointer = pointer.replace(/^\/events\/\d+/, "");
  }
}

/**
 * The API's own answer to a failed request, with its problem document. `AnalyticsClient` has a class of it
 * for each status.
 */
export class ApiError extends AnalyticsError {
  declare readonly status: number;
  /** What the API says, to be told when asking for help. */
  declare readonly requestId: string | undefined;
  /** The fields at fault, if any. */
  declare readonly errors: readonly ProblemField[];
  /** What became of every event, where all of them were refused. */
  declare readonly results: readonly EventOutcome[] | undefined;
  /** How long the API asks to wait, in milliseconds. */
  declare readonly retryAfterMs: number | undefined;

  constructor(
    status: number,
    problem: Partial<Problem> & { readonly results?: readonly EventOutcome[] },
    retryAfterMs?: number,
  ) {
    const { code, title, detail, errors, results, request_id } = problem;
    super(code ?? `http_${status}`, detail ?? title ?? `HTTP ${status}`);
    Object.assign(this, { status, requestId: request_id, errors: errors ?? [], results, retryAfterMs });
  }
}

/** The error itself, or what it says as one of ours. */
export function asAnalyticsError(error: unknown): AnalyticsError {
  return error instanceof AnalyticsError
    ? error
    : new AnalyticsError("unexpected", String(error), { cause: error });
}

/** The status of the API's answer, or 0 for any other error. */
export function statusOf(error: unknown): number {
  return error instanceof ApiError ? error.status : 0;
}

/** Whether the same request may succeed later. */
export function isRetryable(error: unknown): boolean {
  const status = statusOf(error);
  return error instanceof NetworkError || status >= 500 || [408, 409, 425, 429].includes(status);
}

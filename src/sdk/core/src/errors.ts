import type { EventError, EventOutcome, Problem, ProblemField } from "./api.gen.ts";

/** Everything that this package rejects with. `code` is stable, for programs. */
export class AnalyticsError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
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
  readonly pointer: string;

  constructor({ code, detail, pointer }: EventError) {
    super(code, detail);
    this.pointer = pointer.replace(/^\/events\/\d+/, "");
  }
}

/** The API's own answer to a failed request, with its problem document. */
export class ApiError extends AnalyticsError {
  readonly status: number;
  /** What the API says, to be told when asking for help. */
  readonly requestId: string | undefined;
  /** The fields at fault, if any. */
  readonly errors: readonly ProblemField[];
  /** What became of every event, where all of them were refused. */
  readonly results: readonly EventOutcome[] | undefined;
  /** How long the API asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    status: number,
    problem: Partial<Problem> & { readonly results?: readonly EventOutcome[] },
    retryAfterMs?: number,
  ) {
    super(problem.code ?? `http_${status}`, problem.detail ?? problem.title ?? `HTTP ${status}`);
    this.status = status;
    this.requestId = problem.request_id;
    this.errors = problem.errors ?? [];
    this.results = problem.results;
    this.retryAfterMs = retryAfterMs;
  }
}

/** 400: the request can't be understood. */
export class BadRequestError extends ApiError {}
/** 401: the key or the token is not acceptable. */
export class AuthenticationError extends ApiError {}
/** 403: another organisation's data, or a scope is missing. */
export class PermissionError extends ApiError {}
/** 409: the same request is still being processed. */
export class ConflictError extends ApiError {}
/** 413: too large. */
export class TooLargeError extends ApiError {}
/** 422: the payload does not fit; `errors` says where. */
export class InvalidPayloadError extends ApiError {}
/** 429: too many requests. */
export class RateLimitError extends ApiError {}
/** 5xx: the API or its store has a problem. */
export class ServerError extends ApiError {}

const BY_STATUS: Readonly<Record<number, typeof ApiError>> = {
  400: BadRequestError,
  401: AuthenticationError,
  403: PermissionError,
  409: ConflictError,
  413: TooLargeError,
  422: InvalidPayloadError,
  429: RateLimitError,
};

/** The error itself, or what it says as one of ours. */
export function asAnalyticsError(error: unknown): AnalyticsError {
  return error instanceof AnalyticsError
    ? error
    : new AnalyticsError("unexpected", String(error), { cause: error });
}

/** The error class for this status. */
export function apiError(...[status, ...rest]: ConstructorParameters<typeof ApiError>): ApiError {
  const Class = BY_STATUS[status] ?? (status >= 500 ? ServerError : ApiError);
  return new Class(status, ...rest);
}

/** Whether the same request may succeed later. */
export function isRetryable(error: unknown): boolean {
  if (error instanceof NetworkError) return true;
  return error instanceof ApiError && (error.status >= 500 || [408, 409, 425, 429].includes(error.status));
}

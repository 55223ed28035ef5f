import {
  AnalyticsError,
  ApiError,
  ClosedError,
  EventRejectedError,
  NetworkError,
  QueueFullError,
} from "./errors.ts";

/** 400: the request is invalid. */
export class BadRequestError extends ApiError {}
/** 401: the key or the token is invalid. */
export class AuthenticationError extends ApiError {}
/** 403: the data belong to another organisation, or a scope is missing. */
export class PermissionError extends ApiError {}
/** 409: the same request is still being processed. */
export class ConflictError extends ApiError {}
/** 413: the request is too large. */
export class TooLargeError extends ApiError {}
/** 422: the payload is invalid; `errors` lists the fields. */
export class InvalidPayloadError extends ApiError {}
/** 429: too many requests. */
export class RateLimitError extends ApiError {}
/** 5xx: the API or its store failed. */
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

const NAMED = {
  AnalyticsError,
  ApiError,
  AuthenticationError,
  BadRequestError,
  ClosedError,
  ConflictError,
  EventRejectedError,
  InvalidPayloadError,
  NetworkError,
  PermissionError,
  QueueFullError,
  RateLimitError,
  ServerError,
  TooLargeError,
};
for (const [name, { prototype }] of Object.entries(NAMED)) prototype.name = name; // bundlers rename classes

/** Create an error of the class for this status. */
export function statusError(...[status, ...rest]: ConstructorParameters<typeof ApiError>): ApiError {
  const Class = BY_STATUS[status] ?? (status >= 500 ? ServerError : ApiError);
  const error = new Class(status, ...rest);
  if (error.retryAfterMs) error.message += ` (retry after ${error.retryAfterMs / 1000} s)`;
  return error;
}

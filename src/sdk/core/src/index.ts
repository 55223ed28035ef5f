export { AnalyticsClient } from "./client.ts";
export {
  AnalyticsError,
  ApiError,
  ClosedError,
  EventRejectedError,
  isRetryable,
  NetworkError,
  QueueFullError,
} from "./errors.ts";
export type {
  AnalyticsClientOptions,
  ApiKeyCredential,
  ClientSettings,
  ReadOptions,
  TokenCredential,
  TrackOptions,
  WhenFull,
} from "./options.ts";
export type { Platform, PlatformHost, UnsettledEvent } from "./platform.ts";
export {
  AuthenticationError,
  BadRequestError,
  ConflictError,
  InvalidPayloadError,
  PermissionError,
  RateLimitError,
  ServerError,
  TooLargeError,
} from "./status-errors.ts";
export { cachedToken, type IssuedToken } from "./transport/tokens.ts";
export { type ClientStats, Tracker } from "./tracker.ts";
export type {
  AccessToken,
  AnyEvents,
  ApiKeyDescription,
  ApiKeyList,
  Caller,
  CallerOrganization,
  CreatedApiKey,
  DailyValue,
  Event,
  EventFilters,
  EventList,
  EventPayload,
  EventTypeCount,
  EventTypeList,
  EventTypesParams,
  Health,
  MetricsParams,
  MetricsSummary,
  MetricSummary,
  NewApiKey,
  Problem,
  ProblemField,
  TokenExchangeGrant,
} from "./types.ts";

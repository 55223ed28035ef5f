export { AnalyticsClient, type ClientStats } from "./client.ts";
export {
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
export type { QueuedEvent, Runtime, RuntimeHost } from "./runtime.ts";
export type {
  AnyEvents,
  Caller,
  CallerOrganization,
  DailyValue,
  Event,
  EventFilters,
  EventList,
  EventPayload,
  EventTypeCount,
  EventTypeList,
  EventTypesParams,
  MetricsParams,
  MetricsSummary,
  MetricSummary,
  ProblemField,
} from "./types.ts";

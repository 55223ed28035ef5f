"use client";

export type { ProviderOptions } from "./clients.ts";
export { AnalyticsProvider, type AnalyticsProviderProps, useAnalytics } from "./provider.tsx";
export { type EventsOptions, type EventsResult, useEvents } from "./use-events.ts";
export {
  type InsightKind,
  type InsightOptions,
  type InsightQuery,
  type InsightResult,
  useInsight,
} from "./use-insight.ts";
export { type MetricsOptions, type MetricsResult, useMetrics } from "./use-metrics.ts";
export { useTrackEvent } from "./use-track-event.ts";

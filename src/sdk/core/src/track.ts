// The entry point for pages and functions that only track.
export type {
  AnalyticsClientOptions,
  ApiKeyCredential,
  ClientSettings,
  TokenCredential,
  TrackOptions,
  WhenFull,
} from "./options.ts";
export { type ClientStats, Tracker } from "./tracker.ts";
export type { AnyEvents, EventPayload } from "./types.ts";

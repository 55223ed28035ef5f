import {
  type AnalyticsError,
  AuthenticationError,
  NetworkError,
  PermissionError,
  RateLimitError,
  ServerError,
} from "@acme/analytics-sdk";

export interface Advice {
  readonly title: string;
  /** What to do. */
  readonly text: string;
}

/** What has happened, and what to do, in the reader's words. */
export function adviceOn(error: AnalyticsError): Advice {
  if (error.code === "cors") return { title: "The API refuses this page", text: error.message };
  if (error instanceof NetworkError || error instanceof ServerError)
    return {
      title: "The API is unavailable",
      text: "Your data is safe. This page retries automatically.",
    };
  if (error instanceof AuthenticationError)
    return { title: "Your session has ended", text: "Sign in again; you will come back to this page." };
  if (error instanceof PermissionError)
    return {
      title: "You have no rights to this",
      text: "Your role in this organisation does not allow it. One of its admins can give you another role.",
    };
  if (error instanceof RateLimitError)
    return {
      title: "Too many requests",
      text: "The API asks for a moment of patience. This goes on by itself.",
    };
  return { title: "This could not be read", text: error.message };
}

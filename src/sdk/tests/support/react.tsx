import {
  AnalyticsClient,
  type EventList,
  type MetricsParams,
  type MetricsSummary,
} from "@acme/analytics-sdk";
import { AnalyticsProvider } from "@acme/analytics-react";
import { act } from "@testing-library/react";
import { inject, vi } from "vitest";
import { KEY } from "./client.ts";
import { StrictMode, type ReactNode } from "react";

/** Create a client of the real API. */
export function realClient(): AnalyticsClient {
  return new AnalyticsClient({ apiKey: KEY, baseUrl: inject("apiUrl") });
}

/** Return a wrapper that renders components in StrictMode with a provider of this client. */
export function within(client: AnalyticsClient): (props: { children: ReactNode }) => ReactNode {
  return ({ children }) => (
    <StrictMode>
      <AnalyticsProvider client={client}>{children}</AnalyticsProvider>
    </StrictMode>
  );
}

/** Advance the fake clock, and render the resulting updates. */
export function advance(ms: number): Promise<void> {
  return act(async () => void (await vi.advanceTimersByTimeAsync(ms)));
}

/** Advance the fake clock until the condition is met, for at most a minute. Retries wait for random times. */
export async function advanceUntil(isMet: () => boolean): Promise<void> {
  for (let ms = 0; ms < 60_000 && !isMet(); ms += 100) await advance(100);
}

/** Return a promise that the test settles. */
export function deferred<T>(): {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (error: unknown) => void;
} {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => ([resolve, reject] = [yes, no]));
  return { promise, resolve, reject };
}

/** Return a page of `count` events, newest first. `from` is the number of the first event. */
export function aPage(from: number, count: number, next_cursor: string | null): EventList {
  const data = Array.from({ length: count }, (_, i) => ({
    event_id: `event-${from + i}`,
    org_id: "org_acme",
    event_type: "page_viewed",
    user_id: `user_${(from + i) % 7}`,
    timestamp: new Date(Date.UTC(2026, 0, 1) - (from + i) * 1000).toISOString(),
    source: "trusted" as const,
    properties: { number: from + i },
    received_at: "2026-01-01T00:00:00.000000Z",
  }));
  return { data, next_cursor };
}

/** Return a summary with one day of the `events` metric. */
export function aSummary(total: number, params: MetricsParams = {}): MetricsSummary {
  const { start_date, end_date } = { start_date: "2026-01-01", end_date: "2026-01-01", ...params };
  const daily = [{ date: "2026-01-01", value: total }];
  return {
    org_id: "org_acme",
    start_date: start_date ?? "",
    end_date: end_date ?? "",
    metrics: [{ name: "events", kind: "count", total, daily }],
  };
}

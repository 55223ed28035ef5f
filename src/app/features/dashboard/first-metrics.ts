import "server-only";
import { AnalyticsClient, type MetricsSummary } from "@acme/analytics-sdk";
import { pageToken } from "@/server/access-token";
import { settings } from "@/server/settings";
import { type DayRange, periodBefore } from "./days";
import type { FirstMetrics } from "./use-dashboard-metrics";

/** After this time the page is rendered without metrics, and the browser fetches them. */
const TIMEOUT_MS = 2_000;

/** Read the metrics of the range and of the previous period, or return undefined if that fails. */
export async function firstMetrics(range: DayRange): Promise<FirstMetrics | undefined> {
  const client = new AnalyticsClient({ baseUrl: settings().apiUrl, getToken: pageToken });
  const read = (days: DayRange): Promise<MetricsSummary> =>
    client.getMetricsSummary({ ...days }, { timeoutMs: TIMEOUT_MS });
  try {
    const [current, previous] = await Promise.all([read(range), read(periodBefore(range))]);
    return { current, previous };
  } catch {
    return undefined; // the browser repeats the request and reports the error
  }
}

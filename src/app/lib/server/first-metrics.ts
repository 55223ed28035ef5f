import "server-only";
import { AnalyticsClient, type MetricsSummary } from "@acme/analytics-sdk";
import { type DayRange, periodBefore } from "../days";
import type { FirstMetrics } from "../use-dashboard-metrics";
import { pageToken } from "./access-token";
import { settings } from "./settings";

/** A page waits no longer for its numbers: the browser fetches them then. */
const TIMEOUT_MS = 2_000;

/** Read the metrics of the range and of the period before it, as far as the API responds soon. */
export async function firstMetrics(range: DayRange): Promise<FirstMetrics | undefined> {
  const client = new AnalyticsClient({ baseUrl: settings().apiUrl, getToken });
  const read = (days: DayRange): Promise<MetricsSummary> =>
    client.getMetricsSummary({ ...days }, { timeoutMs: TIMEOUT_MS });
  try {
    const [current, previous] = await Promise.all([read(range), read(periodBefore(range))]);
    return { current, previous };
  } catch {
    return undefined; // the browser reads them again, and says what is wrong
  }
}

async function getToken(): Promise<string> {
  return (await pageToken()).token;
}

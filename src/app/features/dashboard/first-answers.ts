import "server-only";
import { AnalyticsClient, type MetricsSummary } from "@acme/analytics-sdk";
import { getTrends, type TrendsResult } from "@acme/analytics-sdk/insights";
import { pageToken } from "@/server/access-token";
import { settings } from "@/server/settings";
import { type OverviewQuestion, queryOfOverview } from "./overview-question";
import { loadedRanges } from "./loaded-ranges";

/** After this time the page is rendered without numbers, and the browser fetches them. */
const TIMEOUT_MS = 2_000;

/** The results that the server read for the first render. */
export interface FirstAnswers {
  readonly trends: TrendsResult;
  readonly loaded: MetricsSummary | undefined;
  readonly before: MetricsSummary | undefined;
}

/** Read the results of the question, or return undefined if that fails. */
export async function firstAnswers(question: OverviewQuestion): Promise<FirstAnswers | undefined> {
  const client = new AnalyticsClient({ baseUrl: settings().apiUrl, getToken: pageToken });
  const options = { timeoutMs: TIMEOUT_MS };
  const { current, before } = loadedRanges(question);
  try {
    const [trends, ...summaries] = await Promise.all([
      getTrends(client, queryOfOverview(question), options),
      client.getMetricsSummary({ ...current }, options),
      client.getMetricsSummary({ ...before }, options),
    ]);
    return { trends, loaded: summaries[0], before: summaries[1] };
  } catch {
    return undefined; // the browser repeats the requests and reports the error
  }
}

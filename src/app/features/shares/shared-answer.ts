import "server-only";
import { AnalyticsClient, AnalyticsError, type OpenedShare } from "@acme/analytics-sdk";
import {
  type FunnelResult,
  getFunnel,
  getRetention,
  getTrends,
  type RetentionResult,
  type TrendsResult,
} from "@acme/analytics-sdk/insights";
import { knownZone, localDay } from "@/features/clock/zones";
import type { Today } from "@/features/dashboard/days";
import { countedOf } from "@/features/dashboard/measures";
import {
  type OverviewQuestion,
  queryOfBreakdown,
  queryOfOverview,
} from "@/features/dashboard/overview-question";
import { type ErrorMessage, messageOfError } from "@/features/errors/error-messages";
import { type FunnelQuestion, queryOfFunnel } from "@/features/insights/funnel-question";
import { queryOfRetention, type RetentionQuestion } from "@/features/insights/retention-question";
import { queryOfTrends, type TrendsQuestion } from "@/features/insights/trends-question";
import { settings } from "@/server/settings";
import { obstacleTo, sharedQuestion } from "./shared-question";

/** The result of a shared view. */
export type SharedResult =
  | {
      readonly page: "overview";
      readonly question: OverviewQuestion;
      readonly data: TrendsResult;
      readonly groups: TrendsResult;
    }
  | { readonly page: "explore"; readonly question: TrendsQuestion; readonly data: TrendsResult }
  | { readonly page: "funnels"; readonly question: FunnelQuestion; readonly data: FunnelResult }
  | { readonly page: "retention"; readonly question: RetentionQuestion; readonly data: RetentionResult };

/** The result of a shared view with the problems of its state, or why it can't be shown. */
export type SharedAnswer =
  | { readonly result: SharedResult; readonly problems: readonly string[] }
  | { readonly error: ErrorMessage };

const TIMEOUT_MS = 20_000;
/** The errors that have the same message for everybody. */
const EXPLAINED: ReadonlySet<string> = new Set(["query_too_expensive", "lake_unavailable"]);
const UNAVAILABLE: ErrorMessage = {
  title: "The result can't be loaded at the moment",
  text: "Reload the page in a minute.",
};

/** Ask the API the question of a shared view at a time in milliseconds. The browser doesn't get the token. */
export async function sharedAnswer(opened: OpenedShare, at: number): Promise<SharedAnswer> {
  const timezone = knownZone(opened.organization.timezone);
  const today = { day: localDay(at, timezone), timezone };
  const obstacle = obstacleTo(opened.view, today);
  if (obstacle !== undefined) return { error: { title: "The result can't be shown", text: obstacle } };
  try {
    return await ask(opened, today);
  } catch (error) {
    if (!(error instanceof AnalyticsError)) throw error;
    return { error: EXPLAINED.has(error.code) ? messageOfError(error) : UNAVAILABLE };
  }
}

async function ask({ access_token, view }: OpenedShare, today: Today): Promise<SharedAnswer> {
  const client = new AnalyticsClient({
    baseUrl: settings().apiUrl,
    getToken: () => Promise.resolve(access_token),
  });
  const options = { timeoutMs: TIMEOUT_MS };
  const asked = sharedQuestion(view, today)!; // the view can be shared
  const { page, state: question, problems } = asked;
  switch (page) {
    case "overview": {
      const { series, name } = countedOf(question.measure);
      const [data, groups] = await Promise.all([
        getTrends(client, queryOfOverview(question), options),
        getTrends(client, queryOfBreakdown(question, series), options),
      ]);
      const notes =
        name === question.measure
          ? problems
          : [...problems, `A link doesn't show the metric “${question.measure}”. Showing events.`];
      return { result: { page, question, data, groups }, problems: notes };
    }
    case "explore":
      return {
        result: { page, question, data: await getTrends(client, queryOfTrends(question), options) },
        problems,
      };
    case "funnels":
      return {
        result: { page, question, data: await getFunnel(client, queryOfFunnel(question), options) },
        problems,
      };
    default:
      return {
        result: { page, question, data: await getRetention(client, queryOfRetention(question), options) },
        problems,
      };
  }
}

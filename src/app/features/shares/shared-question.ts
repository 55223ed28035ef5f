import type { NewShare, ViewDescription } from "@acme/analytics-sdk";
import type { Today } from "@/features/dashboard/days";
import { countedOf } from "@/features/dashboard/measures";
import {
  overviewFrom,
  type OverviewQuestion,
  queryOfBreakdown,
  queryOfOverview,
} from "@/features/dashboard/overview-question";
import type { Read } from "@/features/insights/address";
import {
  funnelFrom,
  type FunnelQuestion,
  queryOfFunnel,
  STEPS_MIN,
} from "@/features/insights/funnel-question";
import {
  queryOfRetention,
  retentionFrom,
  type RetentionQuestion,
} from "@/features/insights/retention-question";
import {
  queryOfTrends,
  shownSeries,
  trendsFrom,
  type TrendsQuestion,
} from "@/features/insights/trends-question";
import { VIEW_PAGES } from "@/features/views/saved";

/** A query that a link may make. */
type SharedQuery = NewShare["queries"][number];

/** The page of a view and the query of its address. */
export type ViewState = Pick<ViewDescription, "page" | "state">;

/** The question of a view that can be shared. */
export type SharedQuestion =
  | ({ readonly page: "overview" } & Read<OverviewQuestion>)
  | ({ readonly page: "explore" } & Read<TrendsQuestion>)
  | ({ readonly page: "funnels" } & Read<FunnelQuestion>)
  | ({ readonly page: "retention" } & Read<RetentionQuestion>);

/** Return the question of a view, or undefined if its page shows persons. */
export function sharedQuestion({ page, state }: ViewState, today: Today): SharedQuestion | undefined {
  const search = new URLSearchParams(state);
  switch (page) {
    case "overview":
      return { page, ...overviewFrom(search, today) };
    case "explore":
      return { page, ...trendsFrom(search, today) };
    case "funnels":
      return { page, ...funnelFrom(search, today) };
    case "retention":
      return { page, ...retentionFrom(search, today) };
    default:
      return undefined;
  }
}

/** Return why a view can't be shared, or undefined if it can. */
export function obstacleTo(view: ViewState, today: Today): string | undefined {
  const question = sharedQuestion(view, today);
  if (!question) {
    return `The page ${VIEW_PAGES[view.page]} shows data of persons, so its views can't be shared. Views of Overview, Explore, Funnels and Retention can.`;
  }
  if (question.page === "explore" && !shownSeries(question.state.series).length)
    return "This view can't be shared, because it has no complete series.";
  if (question.page === "funnels" && question.state.steps.length < STEPS_MIN)
    return `This view can't be shared, because it has fewer than ${STEPS_MIN} steps.`;
  return queriesOf(question).some(namesUsers)
    ? "This view can't be shared, because it filters or groups by user ID."
    : undefined;
}

/** Return the queries that the page of a link makes for a view, or an empty list if the page shows persons. */
export function sharedQueries(view: ViewState, today: Today): SharedQuery[] {
  const question = sharedQuestion(view, today);
  return question ? queriesOf(question) : [];
}

function queriesOf(question: SharedQuestion): SharedQuery[] {
  switch (question.page) {
    case "overview": {
      const { series } = countedOf(question.state.measure);
      return [
        { insight: "trends", query: queryOfOverview(question.state) },
        { insight: "trends", query: queryOfBreakdown(question.state, series) },
      ];
    }
    case "explore":
      return [{ insight: "trends", query: queryOfTrends(question.state) }];
    case "funnels":
      return [{ insight: "funnels", query: queryOfFunnel(question.state) }];
    default:
      return [{ insight: "retention", query: queryOfRetention(question.state) }];
  }
}

/** Return whether a part of a query compares or groups events by their user, which the API refuses for links. */
function namesUsers(part: unknown): boolean {
  if (typeof part !== "object" || part === null) return false;
  return ("field" in part && part.field === "user_id") || Object.values(part).some(namesUsers);
}

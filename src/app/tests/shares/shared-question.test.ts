import { expect, test } from "vitest";
import { obstacleTo, sharedQueries, type ViewState } from "../../features/shares/shared-question";

const TODAY = { day: "2026-11-30", timezone: "UTC" };
const OF_USER = JSON.stringify({ field: "user_id", operator: "is", values: ["ada"] });
const STEP = JSON.stringify({ event_type: "paid", filters: [JSON.parse(OF_USER)] });

const stateOf = (...parameters: readonly (readonly [string, string])[]): string =>
  String(new URLSearchParams(parameters.map(([name, value]) => [name, value])));

test.each<ViewState>([
  { page: "overview", state: "" },
  { page: "explore", state: "range=7d&series=signed_up" },
  { page: "funnels", state: "step=page_viewed&step=paid" },
  { page: "retention", state: "interval=week" },
  { page: "explore", state: stateOf(["by", "property:user_id"]) },
])("a view of $page can be shared", (view) => {
  expect(obstacleTo(view, TODAY)).toBeUndefined();
});

test.each<ViewState>([
  { page: "users", state: "" },
  { page: "live", state: "" },
])("views of the page $page can't be shared", (view) => {
  expect(obstacleTo(view, TODAY)).toContain("shows data of persons");
});

test.each<ViewState>([
  { page: "overview", state: stateOf(["by", "field:user_id"]) },
  { page: "overview", state: stateOf(["filter", OF_USER]) },
  { page: "explore", state: stateOf(["by", "field:user_id"]) },
  { page: "explore", state: stateOf(["series", STEP]) },
  { page: "funnels", state: stateOf(["step", "page_viewed"], ["step", STEP]) },
  { page: "retention", state: stateOf(["filter", OF_USER]) },
])("a view of $page that names a user can't be shared", (view) => {
  expect(obstacleTo(view, TODAY)).toContain("user ID");
});

test.each<ViewState>([
  { page: "explore", state: stateOf(["series", JSON.stringify({ aggregate: "sum" })]) },
  { page: "funnels", state: "step=page_viewed" },
])("an incomplete view of $page can't be shared", (view) => {
  expect(obstacleTo(view, TODAY)).toContain("it has");
});

test("a link may make the queries of its view", () => {
  const insights = (page: ViewState["page"], state = ""): readonly string[] =>
    sharedQueries({ page, state }, TODAY).map(({ insight }) => insight);
  expect(insights("overview")).toEqual(["trends", "trends"]);
  expect(insights("explore")).toEqual(["trends"]);
  expect(insights("funnels", "step=page_viewed&step=paid")).toEqual(["funnels"]);
  expect(insights("retention")).toEqual(["retention"]);
  expect(insights("users")).toEqual([]);
});

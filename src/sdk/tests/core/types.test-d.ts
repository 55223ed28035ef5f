import { AnalyticsClient, type EventPayload } from "@acme/analytics-sdk";
import { type Filter, getFunnel, getTrends, type TrendSeries } from "@acme/analytics-sdk/insights";
import { describe, expectTypeOf, test } from "vitest";

interface SignedUp {
  plan: "free" | "pro";
  seats?: number;
}

interface Shop {
  signed_up: SignedUp;
  page_viewed: { path: string };
  signed_out: undefined;
  searched: { text?: string };
}

const client = new AnalyticsClient<Shop>({ apiKey: "pk", baseUrl: "http://api.test" });

describe("With a map of events", () => {
  test("valid names and properties compile, also with interfaces", () => {
    const properties: SignedUp = { plan: "pro" };
    void client.trackEvent({ event_type: "signed_up", user_id: "u", properties });
    void client.trackEvent({ event_type: "signed_out", user_id: "u" });
    void client.trackEvent({ event_type: "searched", user_id: "u" });
    void client.trackEvents([
      { event_type: "page_viewed", user_id: "u", properties: { path: "/" } },
      { event_type: "signed_out", user_id: "u", timestamp: "2026-01-01T00:00:00Z" },
    ]);
  });

  test("invalid names and properties don't compile", () => {
    // @ts-expect-error an unknown name
    void client.trackEvent({ event_type: "signed_in", user_id: "u" });
    // @ts-expect-error a wrong value
    void client.trackEvent({ event_type: "signed_up", user_id: "u", properties: { plan: "gold" } });
    // @ts-expect-error a property is missing
    void client.trackEvent({ event_type: "signed_up", user_id: "u", properties: {} });
    // @ts-expect-error properties are missing
    void client.trackEvent({ event_type: "page_viewed", user_id: "u" });
    // @ts-expect-error the user is missing
    void client.trackEvent({ event_type: "signed_out" });
    // @ts-expect-error another event's properties
    void client.trackEvent({ event_type: "page_viewed", user_id: "u", properties: { plan: "pro" } });
  });
});

describe("Without a map of events", () => {
  const any = new AnalyticsClient({ apiKey: "pk", baseUrl: "http://api.test" });

  test("any name and any properties compile", () => {
    const properties: SignedUp = { plan: "pro" };
    void any.trackEvent({ event_type: "anything", user_id: "u", properties });
    void any.trackEvent({ event_type: "anything", user_id: "u" });
    expectTypeOf<EventPayload["event_type"]>().toEqualTypeOf<string>();
  });

  test("a misspelt field doesn't compile", () => {
    // @ts-expect-error userId is user_id
    void any.trackEvent({ event_type: "anything", userId: "u" });
  });
});

describe("Queries", () => {
  test("compile with every kind of filter, and their results are typed", async () => {
    const filters: readonly Filter[] = [
      { property: "plan", operator: "is", values: ["pro", 1, true] },
      { or: [{ field: "user_id", operator: "contains", values: ["a"] }, { and: [] }] },
    ];
    const { series } = await getTrends(client, { filters, series: [{ aggregate: "unique_users" }] });
    expectTypeOf(series).toEqualTypeOf<readonly TrendSeries[]>();
    expectTypeOf(series[0]!.total).toEqualTypeOf<number | null>();
  });

  test("with a misspelt or missing member don't compile", () => {
    // @ts-expect-error a funnel has steps
    void getFunnel(client, {});
    // @ts-expect-error an unknown operator
    void getTrends(client, { series: [{ filters: [{ property: "plan", operator: "like" }] }] });
    // @ts-expect-error timeZone is timezone
    void getTrends(client, { series: [{}], timeZone: "UTC" });
  });
});

describe("Options", () => {
  test("require exactly one credential", () => {
    // @ts-expect-error no credential
    void new AnalyticsClient({ baseUrl: "http://api.test" });
    // @ts-expect-error two credentials
    void new AnalyticsClient({ baseUrl: "http://api.test", apiKey: "pk", getToken: () => "token" });
    void new AnalyticsClient({ baseUrl: "http://api.test", getToken: async () => "token" });
  });

  test("accept undefined for any filter", () => {
    const user_id = undefined as string | undefined;
    expectTypeOf(client.getEvents({ user_id, event_type: ["a", "b"], limit: 10 })).toExtend<
      AsyncIterable<object>
    >();
  });
});

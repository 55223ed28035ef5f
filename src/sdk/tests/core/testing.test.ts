import { getFunnel, getTrends, getUser, listUsers } from "@acme/analytics-sdk/insights";
import { TestClient } from "@acme/analytics-sdk/testing";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { aSummary } from "../support/react.tsx";

describe("A test client", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: new Date("2026-03-01T12:00:00Z") });
    vi.stubGlobal("fetch", () => {
      throw new Error("A test client used the network.");
    });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  test("records events when they are tracked, without network and timers", async () => {
    const client = new TestClient();
    void client.trackEvent({ event_type: "signed_up", user_id: "user_1", properties: { plan: "pro" } });

    expect(client.tracked).toMatchObject([
      {
        event_type: "signed_up",
        user_id: "user_1",
        properties: { plan: "pro" },
        timestamp: "2026-03-01T12:00:00.000Z",
      },
    ]);
    await client.flush();
    await client.close();
    expect(client.stats).toEqual({ queued: 0, created: 1, duplicates: 0, dropped: 0 });
    expect(vi.getTimerCount()).toBe(0);
  });

  test("returns the tracked events from reads, filtered and page by page", async () => {
    const client = new TestClient();
    const at = (day: number): string => `2026-02-0${day}T00:00:00Z`;
    const events = [1, 2, 3, 4, 5].map((day) => ({
      event_type: "a",
      user_id: `user_${day}`,
      timestamp: at(day),
    }));
    await client.trackEvents([...events, { event_type: "b", user_id: "user_6", timestamp: at(3) }]);
    const found = [];
    const filters = { event_type: "a", start_date: "2026-02-02", end_date: "2026-02-04", limit: 2 };
    for await (const { user_id } of client.getEvents(filters)) found.push(user_id);

    expect(found).toEqual(["user_4", "user_3", "user_2"]);
    expect((await client.getEventTypes()).event_types).toEqual([
      { event_type: "a", count: 5 },
      { event_type: "b", count: 1 },
    ]);
  });

  test("returns the metrics that it was given", async () => {
    const client = new TestClient({ metrics: aSummary(7) });

    expect((await client.getMetricsSummary()).metrics[0]?.total).toBe(7);
  });

  test("returns the insights that it was given, and results without events by default", async () => {
    const complete_through = "2026-03-01T00:00:00.000000Z";
    const trends = { complete_through, timezone: "UTC", interval: "day", buckets: [], series: [] } as const;
    const client = new TestClient({ insights: { getTrends: trends } });
    const query = { steps: [{ event_type: "a" }, { event_type: "b" }] };

    expect(await getTrends(client, { series: [{}] })).toEqual(trends);
    expect(await getFunnel(client, query)).toEqual({ complete_through: null, steps: [] });
    expect(await listUsers(client, { search: "a" })).toMatchObject({ data: [], next_cursor: null });
    await expect(getUser(client, "user_1")).rejects.toMatchObject({ status: 404, code: "not_found" });
    expect(vi.getTimerCount()).toBe(0);
  });

  test("rejects an event that isn't JSON, like the real client", async () => {
    const client = new TestClient();
    const rejected = client.trackEvent({ event_type: "a", user_id: "u", properties: { n: 1n } });

    await expect(rejected).rejects.toMatchObject({ code: "not_json" });
    expect(client.tracked).toEqual([]);
  });

  test("has no tracked events after a reset", async () => {
    const client = new TestClient();
    await client.trackEvent({ event_type: "a", user_id: "u" });
    client.reset();

    expect(client.tracked).toEqual([]);
    expect((await client.listEvents()).data).toEqual([]);
  });
});

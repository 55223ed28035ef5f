import { AnalyticsProvider, useEvents, useInsight, useMetrics, useTrackEvent } from "@acme/analytics-react";
import { act, cleanup, renderHook, waitFor } from "@testing-library/react";
import { renderToString } from "react-dom/server";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { unique } from "../support/client.ts";
import { aSummary, realClient, within } from "../support/react.tsx";

afterEach(cleanup);

describe("With the real API", () => {
  const type = unique("hooks");

  beforeAll(async () => {
    const timestamp = new Date().toISOString();
    await realClient().trackEvents(
      Array.from({ length: 25 }, (_, i) => ({
        event_type: type,
        event_id: `${type}-${10 + i}`,
        timestamp,
        user_id: "u",
      })),
    );
  });

  test("useTrackEvent stores an event", async () => {
    const client = realClient();
    const { result, rerender } = renderHook(() => useTrackEvent(), { wrapper: within(client) });
    const track = result.current;
    const tracked = track({ event_type: unique("tracked"), user_id: "u" });
    rerender();
    await Promise.all([client.flush(), tracked]);

    expect(result.current).toBe(track);
    expect(client.stats.created).toBe(1);
  });

  test("useEvents fetches all pages", async () => {
    const { result } = renderHook(() => useEvents({ event_type: type, limit: 10 }), {
      wrapper: within(realClient()),
    });
    expect(result.current).toMatchObject({ events: [], isLoading: true, hasNextPage: false });
    await waitFor(() => expect(result.current.events).toHaveLength(10));
    while (result.current.hasNextPage) await act(() => result.current.fetchNextPage());

    expect(new Set(result.current.events.map(({ event_id }) => event_id)).size).toBe(25);
    expect(result.current).toMatchObject({ isLoading: false, isFetchingNextPage: false, error: undefined });
  });

  test("useMetrics returns the total", async () => {
    const params = { metrics: [`events.${type}`] };
    const client = realClient();
    const { result } = renderHook(() => useMetrics(params, { refreshMs: 200 }), { wrapper: within(client) });

    await waitFor(() => expect(result.current.data?.metrics[0]?.total).toBe(25));
  });

  test("useInsight returns trends, funnels and retention", async () => {
    const client = realClient();
    const refresh = { refreshMs: 200 };
    const { result } = renderHook(
      () => ({
        trends: useInsight({ kind: "trends", series: [{ event_type: type }] }, refresh),
        funnel: useInsight({ kind: "funnel", steps: [{ event_type: type }, { event_type: type }] }, refresh),
        retention: useInsight({ kind: "retention", start: { event_type: type } }, refresh),
      }),
      { wrapper: within(client) },
    );

    await waitFor(() => expect(result.current.trends.data?.series[0]?.total).toBe(25));
    await waitFor(() => expect(result.current.funnel.data?.steps[1]?.users).toBe(1));
    await waitFor(() => expect(result.current.retention.data?.cohorts.at(-1)?.size).toBe(1));
  });
});

describe("On a server", () => {
  test("components render without a request, and renders share no data", () => {
    const { document } = globalThis;
    vi.stubGlobal("document", undefined);
    const client = realClient();
    const get = vi.spyOn(client, "getMetricsSummary");
    const send = vi.spyOn(globalThis, "fetch");
    function Total({ data }: { data?: ReturnType<typeof aSummary> }) {
      const metrics = useMetrics({}, { initialData: data });
      const events = useEvents();
      const insight = useInsight({ kind: "retention" });
      const isLoading = events.isLoading && insight.isLoading;
      return <p>{`${metrics.data?.metrics[0]?.total ?? "none"} ${isLoading}`}</p>;
    }
    const html = (data?: ReturnType<typeof aSummary>) =>
      renderToString(
        <AnalyticsProvider client={client}>
          <Total {...(data && { data })} />
        </AnalyticsProvider>,
      );
    const pages = [html(aSummary(4)), html()];
    vi.stubGlobal("document", document);

    expect(pages).toEqual(["<p>4 true</p>", "<p>none true</p>"]);
    expect(get).not.toHaveBeenCalled();
    expect(send).not.toHaveBeenCalled();
  });
});

import { AnalyticsProvider, type InsightQuery, useInsight } from "@acme/analytics-react";
import { AnalyticsClient } from "@acme/analytics-sdk";
import type { TrendsResult } from "@acme/analytics-sdk/insights";
import { TestClient } from "@acme/analytics-sdk/testing";
import { act, cleanup, render, renderHook, screen } from "@testing-library/react";
import { memo } from "react";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { advance, advanceUntil, within } from "../support/react.tsx";

type Fetch = typeof globalThis.fetch;
type Respond = () => Response | Promise<Response>;

const QUERY = { kind: "trends", series: [{ event_type: "signed_up" }] } as const;
const TAG = 'W/"1"';

const trends = (total: number): TrendsResult => ({
  complete_through: null,
  timezone: "UTC",
  interval: "day",
  buckets: [],
  series: [{ index: 0, breakdown: null, total, values: [] }],
});
const found = (total: number) => Response.json(trends(total), { headers: { ETag: TAG } });
const notModified = () => new Response(null, { status: 304, headers: { ETag: TAG } });
const problem = (status: number, code: string) => Response.json({ status, code, detail: code }, { status });
const unreachable = () => Promise.reject(new TypeError("unreachable"));

/** Return a client, and the `fetch` that returns these responses. The last one is returned for all further requests. */
function withResponses(...responses: Respond[]) {
  const fetch = vi.fn<Fetch>(async () => responses.at(-1)!());
  for (const respond of responses.slice(0, -1)) fetch.mockImplementationOnce(async () => respond());
  const client = new AnalyticsClient({ getToken: () => "token", baseUrl: "http://api.test", fetch });
  return { client, fetch };
}

const tagsOf = (fetch: ReturnType<typeof withResponses>["fetch"]) =>
  fetch.mock.calls.map(([, init]) => (init!.headers as Record<string, string>)["If-None-Match"]);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

describe("useInsight", () => {
  test("sends the query, and returns its result", async () => {
    const { client, fetch } = withResponses(() => found(1));
    const { result } = renderHook(() => useInsight(QUERY), { wrapper: within(client) });
    expect(result.current).toMatchObject({ data: undefined, isLoading: true, isStale: false });
    await advance(0);

    expect(result.current).toMatchObject({ data: trends(1), isLoading: false, error: undefined });
    const [url, init] = fetch.mock.calls[0]!;
    expect([url, init!.method, init!.body]).toEqual([
      "http://api.test/api/v1/insights/trends",
      "POST",
      '{"series":[{"event_type":"signed_up"}]}',
    ]);
  });

  test("sends one request for equal queries, whatever the order of their members at any depth", async () => {
    const { client, fetch } = withResponses(() => found(1));
    const filter = { property: "plan", operator: "is", values: ["pro"] } as const;
    const same = { values: ["pro"], operator: "is", property: "plan" } as const;
    const { result } = renderHook(
      () => [
        useInsight({ kind: "trends", timezone: "UTC", series: [{ event_type: "a", filters: [filter] }] }),
        useInsight({ series: [{ filters: [same], event_type: "a" }], timezone: "UTC", kind: "trends" }),
        useInsight({
          kind: "trends",
          timezone: "UTC",
          series: [{ event_type: "a", filters: [same] }],
          breakdown: null,
        }),
      ],
      { wrapper: within(client) },
    );
    await advance(0);

    expect(result.current.map(({ data }) => data)).toEqual(Array(3).fill(trends(1)));
    expect(result.current[1]!.data).toBe(result.current[0]!.data);
    expect(fetch).toHaveBeenCalledTimes(1);
  });

  test("sends one request for each different query", async () => {
    const { client, fetch } = withResponses(() => found(1));
    const steps = [{ event_type: "a" }, { event_type: "b" }];
    renderHook(
      () => [
        useInsight({ kind: "funnel", steps }),
        useInsight({ kind: "funnel", steps: steps.toReversed() }),
        useInsight({ kind: "retention" }),
        useInsight({ kind: "retention", mode: "on_or_after" }),
      ],
      { wrapper: within(client) },
    );
    await advance(0);

    const paths = fetch.mock.calls.map(([url]) =>
      (url as string).slice("http://api.test/api/v1/insights/".length),
    );
    expect(paths).toEqual(["funnels", "funnels", "retention", "retention"]);
  });

  test("returns cached data immediately, and marks it as stale until the refresh succeeds", async () => {
    let respond!: (response: Response) => void;
    const { client } = withResponses(
      () => found(1),
      () => new Promise((resolve) => (respond = resolve)),
    );
    const options = { staleMs: 0 };
    const first = renderHook(() => useInsight(QUERY, options), { wrapper: within(client) });
    await advance(0);
    first.unmount();
    const second = renderHook(() => useInsight(QUERY, options), { wrapper: within(client) });
    await advance(0);
    expect(second.result.current).toMatchObject({ data: trends(1), isStale: true, isLoading: false });
    respond(found(2));
    await advance(0);

    expect(second.result.current).toMatchObject({ data: trends(2), isStale: false });
  });

  test("returns the same object if a refresh finds no change, so that memoised components don't render", async () => {
    const { client, fetch } = withResponses(
      () => found(1),
      notModified,
      notModified,
      () => found(2),
    );
    let renders = 0;
    const Total = memo(({ data }: { data: TrendsResult | undefined }) => {
      renders++;
      return <p>{data?.series[0]?.total ?? "…"}</p>;
    });
    function Page() {
      return <Total data={useInsight(QUERY, { refreshMs: 1_000 }).data} />;
    }
    render(
      <AnalyticsProvider client={client}>
        <Page />
      </AnalyticsProvider>,
    );
    await advance(0);
    const before = renders;
    await advance(2_000);
    expect(tagsOf(fetch)).toEqual([undefined, TAG, TAG]);
    expect(screen.getByText("1")).toBeDefined();
    expect(renders).toBe(before);
    await advance(1_000);

    expect(screen.getByText("2")).toBeDefined();
    expect(renders).toBe(before + 1);
  });

  test.each(["focus", "online"])("refreshes stale data on the %s event", async (name) => {
    const { client, fetch } = withResponses(
      () => found(1),
      () => found(2),
    );
    const { result } = renderHook(() => useInsight(QUERY, { staleMs: 400 }), { wrapper: within(client) });
    await advance(399);
    act(() => void window.dispatchEvent(new Event(name)));
    await advance(0);
    expect(fetch).toHaveBeenCalledTimes(1);
    await advance(1);
    act(() => void window.dispatchEvent(new Event(name)));
    await advance(0);

    expect(result.current.data).toEqual(trends(2));
  });

  test("keeps its data when a refresh fails, and refetch repeats it", async () => {
    const { client } = withResponses(
      () => found(1),
      () => problem(403, "forbidden"),
      () => found(2),
    );
    const { result } = renderHook(() => useInsight(QUERY), { wrapper: within(client) });
    await advance(0);
    await act(() => result.current.refetch());
    expect(result.current).toMatchObject({ data: trends(1), isStale: true, error: { status: 403 } });
    await act(() => result.current.refetch());

    expect(result.current).toMatchObject({ data: trends(2), isStale: false, error: undefined });
  });

  test("returns an error while the API is unavailable, and recovers automatically", async () => {
    let isUp = false;
    const { client } = withResponses(() => (isUp ? found(1) : unreachable()));
    const { result } = renderHook(() => useInsight(QUERY), { wrapper: within(client) });
    await advanceUntil(() => result.current.error !== undefined && !result.current.isLoading);
    expect(result.current).toMatchObject({ isLoading: false, error: { code: "network" } });
    isUp = true;
    await advance(60_000);

    expect(result.current).toMatchObject({ data: trends(1), error: undefined });
  });

  test("repeats a query that was too expensive only if refetch is called", async () => {
    const { client, fetch } = withResponses(
      () => problem(422, "query_too_expensive"),
      () => found(1),
    );
    const { result } = renderHook(() => useInsight(QUERY, { refreshMs: 1_000 }), { wrapper: within(client) });
    await advance(60_000);
    act(() => void window.dispatchEvent(new Event("focus")));
    await advance(0);
    expect(result.current).toMatchObject({ isLoading: false, error: { code: "query_too_expensive" } });
    expect(fetch).toHaveBeenCalledTimes(1);
    await act(() => result.current.refetch());

    expect(result.current).toMatchObject({ data: trends(1), error: undefined });
  });

  test("returns initialData from a server, and fetches other queries", async () => {
    const { client, fetch } = withResponses(() => found(2));
    const initialProps: InsightQuery<"trends"> = QUERY;
    const { result, rerender } = renderHook(
      (query: InsightQuery<"trends">) => useInsight(query, { initialData: trends(9) }),
      {
        wrapper: within(client),
        initialProps,
      },
    );
    await advance(0);
    expect(result.current).toMatchObject({ data: trends(9), isLoading: false });
    expect(fetch).not.toHaveBeenCalled();
    rerender({ ...QUERY, interval: "week" });
    expect(result.current).toMatchObject({ data: undefined, isLoading: true });
    await advance(0);

    expect(result.current.data).toEqual(trends(2));
  });
});

describe("When the organisation changes", () => {
  function Total() {
    const { data, isLoading } = useInsight(QUERY, { refreshMs: 1_000 });
    return <p>{isLoading ? "…" : data?.series[0]?.total}</p>;
  }

  test("useInsight drops its data and its entity tag, and fetches again", async () => {
    const tokenOf = (org_id: string) => `h.${btoa(JSON.stringify({ sub: "ada", org_id }))}.s`;
    let organization = "org_acme";
    const asked: [string, string | undefined][] = [];
    const pending: (() => void)[] = [];
    const fetch: Fetch = async (_, init) => {
      const { Authorization, "If-None-Match": tag } = init!.headers as Record<string, string>;
      const isAcme = Authorization === `Bearer ${tokenOf("org_acme")}`;
      asked.push([isAcme ? "acme" : "globex", tag]);
      if (!isAcme) await new Promise<void>((resolve) => pending.push(resolve));
      return found(isAcme ? 1 : 2);
    };
    render(
      <AnalyticsProvider
        baseUrl="http://organisations.test"
        getToken={() => tokenOf(organization)}
        fetch={fetch}
      >
        <Total />
      </AnalyticsProvider>,
    );
    await advance(0);
    expect(screen.getByText("1")).toBeDefined();
    organization = "org_globex";
    await advance(1_000);
    expect(screen.getByText("…")).toBeDefined();
    for (const respond of pending) respond();
    await advance(0);

    expect(screen.getByText("2")).toBeDefined();
    expect(asked.at(-1)).toEqual(["globex", undefined]);
  });

  test("useInsight shows nothing of the client before, if the provider gets another client", async () => {
    const [acme, globex] = [withResponses(() => found(1)), withResponses(() => found(2))];
    const tree = (client: AnalyticsClient) => (
      <AnalyticsProvider client={client}>
        <Total />
      </AnalyticsProvider>
    );
    const { rerender } = render(tree(acme.client));
    await advance(0);
    expect(screen.getByText("1")).toBeDefined();
    rerender(tree(globex.client));
    expect(screen.getByText("…")).toBeDefined();
    await advance(0);

    expect(screen.getByText("2")).toBeDefined();
    expect(tagsOf(globex.fetch)).toEqual([undefined]);
  });
});

test("useInsight returns the insights of a test client", async () => {
  const client = new TestClient({ insights: { getTrends: trends(3) } });
  const { result } = renderHook(() => useInsight(QUERY), { wrapper: within(client) });
  await advance(0);

  expect(result.current.data).toEqual(trends(3));
});

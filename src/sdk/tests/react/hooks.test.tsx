import { AnalyticsProvider, useAnalytics, useEvents, useMetrics, useTrackEvent } from "@acme/analytics-react";
import { AnalyticsClient } from "@acme/analytics-sdk";
import { act, cleanup, render, renderHook, screen, waitFor } from "@testing-library/react";
import { StrictMode } from "react";
import { renderToString } from "react-dom/server";
import { afterEach, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { KEY, unique } from "../support/client.ts";
import { aPage, aSummary, deferred, within } from "../support/react.tsx";

afterEach(cleanup);

const realClient = () => new AnalyticsClient({ apiKey: KEY, baseUrl: inject("apiUrl") });

describe("On the real API", () => {
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

  test("useEvents goes from page to page, to the end", async () => {
    const { result } = renderHook(() => useEvents({ event_type: type, limit: 10 }), {
      wrapper: within(realClient()),
    });
    expect(result.current).toMatchObject({ events: [], isLoading: true, hasNextPage: false });
    await waitFor(() => expect(result.current.events).toHaveLength(10));
    while (result.current.hasNextPage) await act(() => result.current.fetchNextPage());

    expect(new Set(result.current.events.map(({ event_id }) => event_id)).size).toBe(25);
    expect(result.current).toMatchObject({ isLoading: false, isFetchingNextPage: false, error: undefined });
  });

  test("useMetrics has the numbers", async () => {
    const params = { metrics: [`events.${type}`] };
    const client = realClient();
    const { result } = renderHook(() => useMetrics(params, { refreshMs: 200 }), { wrapper: within(client) });

    await waitFor(() => expect(result.current.data?.metrics[0]?.total).toBe(25), { timeout: 10_000 });
  });
});

describe("The provider", () => {
  const options = { apiKey: KEY, baseUrl: "http://api.test" };

  function collect(into: Set<AnalyticsClient>) {
    return function Collector() {
      into.add(useAnalytics());
      return null;
    };
  }

  test("makes one client for the same options, in StrictMode, nested and remounted", () => {
    const clients = new Set<AnalyticsClient>();
    const Collector = collect(clients);
    const tree = (
      <StrictMode>
        <AnalyticsProvider {...options}>
          <Collector />
          <AnalyticsProvider {...options}>
            <Collector />
          </AnalyticsProvider>
        </AnalyticsProvider>
      </StrictMode>
    );
    render(tree).unmount();
    render(tree);

    expect(clients.size).toBe(1);
  });

  test("closes it when the last one has gone", async () => {
    const clients = new Set<AnalyticsClient>();
    const Collector = collect(clients);
    const { unmount } = render(
      <AnalyticsProvider {...options} id="closes">
        <Collector />
      </AnalyticsProvider>,
    );
    unmount();
    await new Promise((resolve) => setTimeout(resolve, 10));
    const [client] = clients;

    await expect(client!.trackEvent({ event_type: "late", user_id: "u" })).rejects.toThrow("closed");
  });

  test("keeps users apart who have an id each", () => {
    const clients = new Set<AnalyticsClient>();
    const Collector = collect(clients);
    for (const id of ["ada", "bob"]) {
      render(
        <AnalyticsProvider baseUrl="http://api.test" getToken={() => id} id={id}>
          <Collector />
        </AnalyticsProvider>,
      );
    }

    expect(clients.size).toBe(2);
  });

  test("is missed with a sentence that helps", () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    expect(() => renderHook(() => useTrackEvent())).toThrow("Put <AnalyticsProvider> around");
  });
});

describe("useEvents", () => {
  function withPages(...pages: (() => Promise<ReturnType<typeof aPage>>)[]) {
    const client = realClient();
    const list = vi.spyOn(client, "listEvents");
    for (const page of pages) list.mockImplementationOnce(page);
    return { client, list };
  }

  test("is one list for all who ask the same", async () => {
    const { client, list } = withPages(async () => aPage(0, 5, null));
    const wrapper = within(client);
    function Count({ name }: { name: string }) {
      const { events } = useEvents({ event_type: "shared", user_id: undefined });
      return <i data-testid={name}>{events.length}</i>;
    }
    render(
      <>
        <Count name="a" />
        <Count name="b" />
      </>,
      { wrapper },
    );
    await waitFor(() => expect(screen.getByTestId("a").textContent).toBe("5"));

    expect(screen.getByTestId("b").textContent).toBe("5");
    expect(list).toHaveBeenCalledTimes(1);
  });

  test("keeps what there is when a page fails, and goes on from there", async () => {
    const { client } = withPages(
      async () => aPage(0, 3, "next"),
      async () => Promise.reject(new Error("away")),
      async () => aPage(3, 2, null),
    );
    const { result } = renderHook(() => useEvents(), { wrapper: within(client) });
    await waitFor(() => expect(result.current.hasNextPage).toBe(true));
    await act(() => result.current.fetchNextPage());
    expect(result.current).toMatchObject({ error: { message: "away" }, hasNextPage: true });
    expect(result.current.events).toHaveLength(3);
    await act(() => result.current.fetchNextPage());

    expect(result.current.error).toBeUndefined();
    expect(result.current.events.map(({ event_id }) => event_id)).toEqual(
      [0, 1, 2, 3, 4].map((i) => `event-${i}`),
    );
  });

  test("starts again on refetch, and an answer that comes late changes nothing", async () => {
    const late = deferred<ReturnType<typeof aPage>>();
    const { client } = withPages(
      async () => aPage(0, 3, "next"),
      () => late.promise,
      async () => aPage(100, 2, null),
    );
    const { result } = renderHook(() => useEvents(), { wrapper: within(client) });
    await waitFor(() => expect(result.current.hasNextPage).toBe(true));
    act(() => void result.current.fetchNextPage());
    expect(result.current.isFetchingNextPage).toBe(true);
    await act(() => result.current.refetch());
    await act(async () => late.resolve(aPage(3, 3, null)));

    expect(result.current.events.map(({ event_id }) => event_id)).toEqual(["event-100", "event-101"]);
    expect(result.current).toMatchObject({ hasNextPage: false, isFetchingNextPage: false });
  });

  test("shows other events for other filters", async () => {
    const { client, list } = withPages(
      async () => aPage(0, 1, null),
      async () => aPage(7, 2, null),
    );
    const { result, rerender } = renderHook(({ user_id }) => useEvents({ user_id }), {
      wrapper: within(client),
      initialProps: { user_id: "a" },
    });
    await waitFor(() => expect(result.current.events).toHaveLength(1));
    rerender({ user_id: "b" });
    await waitFor(() => expect(result.current.events).toHaveLength(2));
    rerender({ user_id: "a" });

    expect(result.current.events).toHaveLength(1);
    expect(list).toHaveBeenCalledTimes(2);
  });

  test("fetches on while its sentinel is in view", async () => {
    const observers = new Set<() => void>();
    vi.stubGlobal(
      "IntersectionObserver",
      class {
        readonly #see: () => void;
        constructor(callback: (entries: { isIntersecting: boolean }[]) => void) {
          this.#see = () => callback([{ isIntersecting: true }]);
        }
        observe() {
          observers.add(this.#see);
          queueMicrotask(this.#see);
        }
        disconnect() {
          observers.delete(this.#see);
        }
      },
    );
    const { client, list } = withPages(
      async () => aPage(0, 2, "a"),
      async () => aPage(2, 2, "b"),
      async () => aPage(4, 2, null),
    );
    function List() {
      const { events, sentinelRef } = useEvents();
      return (
        <ul>
          {events.map(({ event_id }) => (
            <li key={event_id} />
          ))}
          <li ref={sentinelRef} />
        </ul>
      );
    }
    const { container } = render(<List />, { wrapper: within(client) });
    await waitFor(() => expect(container.querySelectorAll("li")).toHaveLength(7));
    vi.unstubAllGlobals();

    expect(list).toHaveBeenCalledTimes(3);
    expect(observers.size).toBe(0);
  });
});

describe("useMetrics", () => {
  function withAnswers(...answers: (() => Promise<ReturnType<typeof aSummary>>)[]) {
    const client = realClient();
    const get = vi.spyOn(client, "getMetricsSummary");
    for (const answer of answers) get.mockImplementationOnce(answer);
    return { client, get };
  }

  test("is asked once for all who ask the same, in whatever order", async () => {
    const { client, get } = withAnswers(async () => aSummary(1));
    const { result } = renderHook(
      () => [
        useMetrics({ start_date: "2026-01-01", end_date: "2026-01-02" }),
        useMetrics({ end_date: "2026-01-02", start_date: "2026-01-01" }),
      ],
      { wrapper: within(client) },
    );
    await waitFor(() => expect(result.current[1]!.data).toEqual(aSummary(1)));

    expect(get).toHaveBeenCalledTimes(1);
  });

  test("shows what is known at once, and says that it is stale until the new is there", async () => {
    const next = deferred<ReturnType<typeof aSummary>>();
    const { client } = withAnswers(
      async () => aSummary(1),
      () => next.promise,
    );
    const first = renderHook(() => useMetrics({}, { staleMs: 0 }), { wrapper: within(client) });
    await waitFor(() => expect(first.result.current.data).toEqual(aSummary(1)));
    first.unmount();
    const second = renderHook(() => useMetrics({}, { staleMs: 0 }), { wrapper: within(client) });

    expect(second.result.current).toMatchObject({ data: aSummary(1), isStale: true, isLoading: false });
    await act(async () => next.resolve(aSummary(2)));
    expect(second.result.current).toMatchObject({ data: aSummary(2), isStale: false });
  });

  test("refreshes when the page is seen again, if it is stale by then", async () => {
    const { client, get } = withAnswers(
      async () => aSummary(1),
      async () => aSummary(2),
    );
    const { result } = renderHook(() => useMetrics({}, { staleMs: 400 }), { wrapper: within(client) });
    await waitFor(() => expect(result.current.data).toEqual(aSummary(1)));
    act(() => void window.dispatchEvent(new Event("focus")));
    expect(get).toHaveBeenCalledTimes(1);
    await new Promise((resolve) => setTimeout(resolve, 420));
    act(() => void window.dispatchEvent(new Event("focus")));

    await waitFor(() => expect(result.current.data).toEqual(aSummary(2)));
  });

  test("keeps the last answer through an error", async () => {
    const { client } = withAnswers(
      async () => aSummary(1),
      async () => Promise.reject(new Error("away")),
    );
    const { result } = renderHook(() => useMetrics(), { wrapper: within(client) });
    await waitFor(() => expect(result.current.data).toBeDefined());
    await act(() => result.current.refetch());

    expect(result.current).toMatchObject({ data: aSummary(1), isStale: true, error: { message: "away" } });
  });

  test("starts from what a server has rendered, without a request while that is fresh", async () => {
    const { client, get } = withAnswers();
    const { result } = renderHook(() => useMetrics({}, { initialData: aSummary(9) }), {
      wrapper: within(client),
    });
    await new Promise((resolve) => setTimeout(resolve, 20));

    expect(result.current).toMatchObject({ data: aSummary(9), isLoading: false, isStale: false });
    expect(get).not.toHaveBeenCalled();
  });
});

describe("On a server", () => {
  test("everything renders, nothing is fetched, and nothing is shared between requests", () => {
    const { document } = globalThis;
    vi.stubGlobal("document", undefined);
    const client = realClient();
    const get = vi.spyOn(client, "getMetricsSummary");
    function Total({ data }: { data?: ReturnType<typeof aSummary> }) {
      const metrics = useMetrics({}, { initialData: data });
      const { isLoading } = useEvents();
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
  });
});

import { useMetrics } from "@acme/analytics-react";
import { NetworkError } from "@acme/analytics-sdk";
import { act, cleanup, renderHook, waitFor } from "@testing-library/react";
import { afterEach, describe, expect, test, vi } from "vitest";
import { advance, aSummary, deferred, realClient, within } from "../support/react.tsx";

afterEach(() => {
  cleanup();
  vi.useRealTimers();
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
    vi.useFakeTimers();
    const { client, get } = withAnswers(
      async () => aSummary(1),
      async () => aSummary(2),
    );
    const { result } = renderHook(() => useMetrics({}, { staleMs: 400 }), { wrapper: within(client) });
    await advance(0);
    expect(result.current.data).toEqual(aSummary(1));
    await advance(399);
    act(() => void window.dispatchEvent(new Event("focus")));
    expect(get).toHaveBeenCalledTimes(1);
    await advance(1);
    act(() => void window.dispatchEvent(new Event("focus")));
    await advance(0);

    expect(result.current.data).toEqual(aSummary(2));
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

    expect(result.current).toMatchObject({ data: aSummary(9), isLoading: false, isStale: false });
    expect(get).not.toHaveBeenCalled();
  });

  describe("initialData belongs to the parameters that it was given for:", () => {
    const days = { start_date: "2026-01-01", end_date: "2026-01-01" };
    const others = { start_date: "2026-02-01", end_date: "2026-02-02" };

    function shown(initialProps: Parameters<typeof useMetrics>[0], initialData = aSummary(9)) {
      const { client, get } = withAnswers(async () => aSummary(2, others));
      const rendered = renderHook((params) => useMetrics(params, { initialData }), {
        wrapper: within(client),
        initialProps,
      });
      return { ...rendered, get };
    }

    test("another range is fetched, and the first one is still there", async () => {
      const { result, rerender, get } = shown(days);
      expect(result.current).toMatchObject({ data: aSummary(9), isLoading: false });
      rerender(others);
      expect(result.current).toMatchObject({ data: undefined, isLoading: true });
      await waitFor(() => expect(result.current.data).toEqual(aSummary(2, others)));
      rerender(days);

      expect(result.current.data).toEqual(aSummary(9));
      expect(get).toHaveBeenCalledTimes(1);
    });

    test("so are other parameters that say nothing of days", async () => {
      const { result, rerender } = shown({});
      rerender({ metrics: ["events"] });

      await waitFor(() => expect(result.current.data).toEqual(aSummary(2, others)));
    });

    test("data that says it is for other days is not shown", async () => {
      const { result } = shown(others);
      expect(result.current).toMatchObject({ data: undefined, isLoading: true });

      await waitFor(() => expect(result.current.data).toEqual(aSummary(2, others)));
    });
  });

  test("an API that is unavailable is an error state, which recovers without a click", async () => {
    vi.useFakeTimers();
    const away = async () => Promise.reject(new NetworkError("network", "The API can't be reached."));
    const { client, get } = withAnswers(away, away, async () => aSummary(1));
    const { result } = renderHook(() => useMetrics(), { wrapper: within(client) });
    await advance(0);
    expect(result.current).toMatchObject({ isLoading: false, error: { code: "network" } });
    await advance(1_000);
    expect(get).toHaveBeenCalledTimes(2);
    await advance(2_000);

    expect(result.current).toMatchObject({ data: aSummary(1), error: undefined });
  });

  test.each(["focus", "online"])("%s asks at once again after an error", async (name) => {
    vi.useFakeTimers();
    const { client, get } = withAnswers(
      async () => Promise.reject(new NetworkError("network", "The API can't be reached.")),
      async () => aSummary(1),
    );
    const { result } = renderHook(() => useMetrics(), { wrapper: within(client) });
    await advance(0);
    act(() => void window.dispatchEvent(new Event(name)));
    await advance(0);

    expect(result.current.data).toEqual(aSummary(1));
    expect(get.mock.lastCall![1]).toMatchObject({ immediate: true });
  });
});

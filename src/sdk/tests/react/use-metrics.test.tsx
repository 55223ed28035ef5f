import { useEvents, useMetrics } from "@acme/analytics-react";
import { NetworkError, PermissionError } from "@acme/analytics-sdk";
import { act, cleanup, renderHook, waitFor } from "@testing-library/react";
import { afterEach, describe, expect, test, vi } from "vitest";
import { advance, aPage, aSummary, deferred, realClient, within } from "../support/react.tsx";

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

describe("useMetrics", () => {
  function withResponses(...responses: (() => Promise<ReturnType<typeof aSummary>>)[]) {
    const client = realClient();
    const get = vi.spyOn(client, "getMetricsSummary");
    for (const response of responses) get.mockImplementationOnce(response);
    return { client, get };
  }

  test("sends one request for equal parameters, whatever their order", async () => {
    const { client, get } = withResponses(async () => aSummary(1));
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

  test("returns cached data immediately, and marks it as stale until the refresh succeeds", async () => {
    const next = deferred<ReturnType<typeof aSummary>>();
    const { client } = withResponses(
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

  test("never refreshes with refreshMs: Infinity", async () => {
    vi.useFakeTimers();
    const { client, get } = withResponses(async () => aSummary(1));
    renderHook(() => useMetrics({}, { refreshMs: Infinity }), { wrapper: within(client) });
    await advance(3_600_000);

    expect(get).toHaveBeenCalledTimes(1);
  });

  test("refreshes stale data when the page gets the focus", async () => {
    vi.useFakeTimers();
    const { client, get } = withResponses(
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

  test("keeps its data when a refresh fails", async () => {
    const { client } = withResponses(
      async () => aSummary(1),
      async () => Promise.reject(new Error("unavailable")),
    );
    const { result } = renderHook(() => useMetrics(), { wrapper: within(client) });
    await waitFor(() => expect(result.current.data).toBeDefined());
    await act(() => result.current.refetch());

    expect(result.current).toMatchObject({
      data: aSummary(1),
      isStale: true,
      error: { message: "unavailable" },
    });
  });

  test("returns initialData from a server, and sends no request while the data is fresh", async () => {
    const { client, get } = withResponses();
    const { result } = renderHook(() => useMetrics({}, { initialData: aSummary(9) }), {
      wrapper: within(client),
    });

    expect(result.current).toMatchObject({ data: aSummary(9), isLoading: false, isStale: false });
    expect(get).not.toHaveBeenCalled();
  });

  describe("uses initialData only for the parameters of the first render:", () => {
    const days = { start_date: "2026-01-01", end_date: "2026-01-01" };
    const others = { start_date: "2026-02-01", end_date: "2026-02-02" };

    function shown(initialProps: Parameters<typeof useMetrics>[0], initialData = aSummary(9)) {
      const { client, get } = withResponses(async () => aSummary(2, others));
      const rendered = renderHook((params) => useMetrics(params, { initialData }), {
        wrapper: within(client),
        initialProps,
      });
      return { ...rendered, get };
    }

    test("fetches another range, and keeps the data of the first one", async () => {
      const { result, rerender, get } = shown(days);
      expect(result.current).toMatchObject({ data: aSummary(9), isLoading: false });
      rerender(others);
      expect(result.current).toMatchObject({ data: undefined, isLoading: true });
      await waitFor(() => expect(result.current.data).toEqual(aSummary(2, others)));
      rerender(days);

      expect(result.current.data).toEqual(aSummary(9));
      expect(get).toHaveBeenCalledTimes(1);
    });

    test("fetches other parameters without a range", async () => {
      const { result, rerender } = shown({});
      rerender({ metrics: ["events"] });

      await waitFor(() => expect(result.current.data).toEqual(aSummary(2, others)));
    });

    test("ignores initialData of another range", async () => {
      const { result } = shown(others);
      expect(result.current).toMatchObject({ data: undefined, isLoading: true });

      await waitFor(() => expect(result.current.data).toEqual(aSummary(2, others)));
    });
  });

  test("returns an error while the API is unavailable, and recovers automatically", async () => {
    vi.useFakeTimers();
    const fail = async () => Promise.reject(new NetworkError("network", "The API can't be reached."));
    const { client, get } = withResponses(fail, fail, async () => aSummary(1));
    const { result } = renderHook(() => useMetrics(), { wrapper: within(client) });
    await advance(0);
    expect(result.current).toMatchObject({ isLoading: false, error: { code: "network" } });
    await advance(1_000);
    expect(get).toHaveBeenCalledTimes(2);
    await advance(2_000);

    expect(result.current).toMatchObject({ data: aSummary(1), error: undefined });
  });

  test.each(["focus", "online"])("retries immediately on the %s event after an error", async (name) => {
    vi.useFakeTimers();
    const { client, get } = withResponses(
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

  test("stops refreshing automatically after a 403 until refetch is called", async () => {
    vi.useFakeTimers();
    const client = realClient();
    const forbidden = new PermissionError(403, { code: "forbidden" });
    const get = vi.spyOn(client, "getMetricsSummary").mockRejectedValue(forbidden);
    const list = vi.spyOn(client, "listEvents").mockRejectedValue(forbidden);
    const { result } = renderHook(
      () => ({ metrics: useMetrics({}, { refreshMs: 1_000 }), events: useEvents({}, { refreshMs: 1_000 }) }),
      { wrapper: within(client) },
    );
    await advance(0);
    const before = get.mock.calls.length + list.mock.calls.length;
    await advance(60_000);

    expect(result.current.metrics.error).toBe(forbidden);
    expect(result.current.events.error).toBe(forbidden);
    expect(get.mock.calls.length + list.mock.calls.length).toBe(before);

    get.mockResolvedValue(aSummary(1));
    list.mockResolvedValue(aPage(0, 1, null));
    await act(() => Promise.all([result.current.metrics.refetch(), result.current.events.refetch()]));
    const after = [get.mock.calls.length, list.mock.calls.length];
    await advance(1_000);
    expect(result.current.metrics.error).toBeUndefined();
    expect([get.mock.calls.length, list.mock.calls.length]).toEqual(after.map((count) => count + 1));
  });
});

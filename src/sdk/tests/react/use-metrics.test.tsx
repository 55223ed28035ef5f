import { useMetrics } from "@acme/analytics-react";
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
});

import { type EventsOptions, useEvents } from "@acme/analytics-react";
import { NetworkError } from "@acme/analytics-sdk";
import { act, cleanup, render, renderHook, screen, waitFor } from "@testing-library/react";
import { afterEach, describe, expect, test, vi } from "vitest";
import { aPage, advance, deferred, realClient, within } from "../support/react.tsx";

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

describe("useEvents", () => {
  function withPages(...pages: (() => Promise<ReturnType<typeof aPage>>)[]) {
    const client = realClient();
    const list = vi.spyOn(client, "listEvents");
    for (const page of pages) list.mockImplementationOnce(page);
    return { client, list };
  }

  test("shares one list between components with the same filters", async () => {
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

  test("keeps the loaded events when the next page fails, and can fetch that page again", async () => {
    const { client } = withPages(
      async () => aPage(0, 3, "next"),
      async () => Promise.reject(new Error("unavailable")),
      async () => aPage(3, 2, null),
    );
    const { result } = renderHook(() => useEvents(), { wrapper: within(client) });
    await waitFor(() => expect(result.current.hasNextPage).toBe(true));
    await act(() => result.current.fetchNextPage());
    expect(result.current).toMatchObject({ error: { message: "unavailable" }, hasNextPage: true });
    expect(result.current.events).toHaveLength(3);
    await act(() => result.current.fetchNextPage());

    expect(result.current.error).toBeUndefined();
    expect(result.current.events.map(({ event_id }) => event_id)).toEqual(
      [0, 1, 2, 3, 4].map((i) => `event-${i}`),
    );
  });

  test("fetches the first page again on refetch, and ignores the late response of an earlier request", async () => {
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

  test("fetches other events for other filters, and keeps the first list", async () => {
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

  test("refreshes a list that is mounted again after 31 seconds, and keeps every loaded page", async () => {
    vi.useFakeTimers();
    const { client } = withPages(
      async () => aPage(1, 10, "next"),
      async () => aPage(11, 40, "more"),
      async () => aPage(0, 10, "next"),
    );
    const wrapper = within(client);
    const first = renderHook(() => useEvents(), { wrapper });
    await advance(0);
    await act(() => first.result.current.fetchNextPage());
    expect(first.result.current.events).toHaveLength(50);
    first.unmount();
    await advance(31_000);
    const second = renderHook(() => useEvents(), { wrapper });
    await advance(0);

    expect(second.result.current.events).toHaveLength(51);
  });

  test("returns an error while the API is unavailable, and recovers automatically", async () => {
    vi.useFakeTimers();
    const { client } = withPages(
      async () => Promise.reject(new NetworkError("network", "The API can't be reached.")),
      async () => aPage(0, 2, null),
    );
    const { result } = renderHook(() => useEvents(), { wrapper: within(client) });
    await advance(0);
    expect(result.current).toMatchObject({ isLoading: false, error: { code: "network" } });
    await advance(1_000);

    expect(result.current.events).toHaveLength(2);
    expect(result.current.error).toBeUndefined();
  });

  describe("refresh", () => {
    const idsOf = (current: { readonly events: readonly { readonly event_id: string }[] }) =>
      current.events.map(({ event_id }) => Number(event_id.slice("event-".length)));

    async function shown(options: EventsOptions, ...list: (() => Promise<ReturnType<typeof aPage>>)[]) {
      const { client, list: calls } = withPages(...list);
      const { result } = renderHook(() => useEvents({}, options), { wrapper: within(client) });
      await waitFor(() => expect(result.current.events.length).toBeGreaterThan(0));
      return { result, calls };
    }

    test("inserts new events in order, marks them, and keeps every loaded page", async () => {
      const { result } = await shown(
        {},
        async () => aPage(2, 2, "next"),
        async () => aPage(4, 2, null),
        async () => {
          const { data } = aPage(0, 4, "next");
          return { data: data.filter(({ event_id }) => event_id !== "event-1"), next_cursor: "next" };
        },
        async () => aPage(0, 4, "next"),
      );
      await act(() => result.current.fetchNextPage());
      await act(() => result.current.refresh());
      expect(idsOf(result.current)).toEqual([0, 2, 3, 4, 5]);
      await act(() => result.current.refresh()); // adds an event that arrived late

      expect(idsOf(result.current)).toEqual([0, 1, 2, 3, 4, 5]);
      expect([...result.current.fresh].map(({ event_id }) => event_id)).toEqual(["event-1"]);
    });

    test("keeps both a public and a trusted event with the same id and time", async () => {
      const { data, next_cursor } = aPage(0, 2, null);
      const twin = { ...data[0]!, source: "public" as const };
      const { result } = await shown(
        {},
        async () => ({ data, next_cursor }),
        async () => ({ data: [twin, ...data], next_cursor }),
      );
      await act(() => result.current.refresh());

      expect(result.current.events.map(({ source }) => source)).toEqual(["public", "trusted", "trusted"]);
    });

    test("does not add events that the next page contains", async () => {
      const { result } = await shown(
        {},
        async () => aPage(0, 2, "next"),
        async () => aPage(0, 3, "other"),
        async () => aPage(2, 2, null),
      );
      await act(() => result.current.refresh());
      await act(() => result.current.fetchNextPage());

      expect(idsOf(result.current)).toEqual([0, 1, 2, 3]);
    });

    test("fetches the list again if there are more new events than one page contains", async () => {
      const { result } = await shown(
        {},
        async () => aPage(50, 2, null),
        async () => aPage(0, 2, "next"),
        async () => aPage(0, 2, "next"),
      );
      await act(() => result.current.refresh());

      await waitFor(() => expect(idsOf(result.current)).toEqual([0, 1]));
      expect(result.current.hasNextPage).toBe(true);
    });

    test("runs automatically with refreshMs, reports an error, and recovers", async () => {
      vi.useFakeTimers();
      const { client, list } = withPages(
        async () => aPage(1, 1, null),
        async () => Promise.reject(new Error("unavailable")),
        async () => aPage(0, 2, null),
      );
      const { result } = renderHook(() => useEvents({}, { refreshMs: 5_000 }), { wrapper: within(client) });
      await advance(0);
      expect(idsOf(result.current)).toEqual([1]);
      await advance(5_000);
      expect(result.current.error?.message).toBe("unavailable");
      expect(idsOf(result.current)).toEqual([1]);
      await advance(5_000);

      expect(idsOf(result.current)).toEqual([0, 1]);
      expect(result.current.error).toBeUndefined();
      expect(list).toHaveBeenCalledTimes(3);
    });
  });

  test("fetches further pages while the sentinel is in view", async () => {
    const observers = new Set<() => void>();
    vi.stubGlobal(
      "IntersectionObserver",
      class {
        readonly #see: () => void;
        constructor(callback: (entries: { isIntersecting: boolean }[]) => void) {
          // As a busy browser does: the element came into view before the callback ran.
          this.#see = () => callback([{ isIntersecting: false }, { isIntersecting: true }]);
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

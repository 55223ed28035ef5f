import { useEvents } from "@acme/analytics-react";
import { act, cleanup, render, renderHook, screen, waitFor } from "@testing-library/react";
import { afterEach, describe, expect, test, vi } from "vitest";
import { aPage, deferred, realClient, within } from "../support/react.tsx";

afterEach(cleanup);

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

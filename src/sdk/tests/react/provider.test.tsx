import { AnalyticsProvider, useAnalytics, useMetrics, useTrackEvent } from "@acme/analytics-react";
import type { AnalyticsClient } from "@acme/analytics-sdk";
import { cleanup, fireEvent, render, renderHook, screen } from "@testing-library/react";
import { Activity, StrictMode } from "react";
import { afterEach, describe, expect, test, vi } from "vitest";
import { KEY } from "../support/client.ts";
import { advance, aSummary } from "../support/react.tsx";

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

describe("The provider", () => {
  const options = { apiKey: KEY, baseUrl: "http://api.test" };

  function collect(into: Set<AnalyticsClient>) {
    return function Collector() {
      into.add(useAnalytics());
      return null;
    };
  }

  test("creates one client for the same options, even in StrictMode, nested or remounted", () => {
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

  test("closes its client when the last provider unmounts", async () => {
    vi.useFakeTimers();
    const clients = new Set<AnalyticsClient>();
    const Collector = collect(clients);
    const { unmount } = render(
      <AnalyticsProvider {...options} onError={() => {}} id="closes">
        <Collector />
      </AnalyticsProvider>,
    );
    unmount();
    await advance(0);
    const [client] = clients;

    await expect(client!.trackEvent({ event_type: "late", user_id: "u" })).rejects.toThrow("closed");
  });

  test("keeps its client open while an <Activity> is hidden", async () => {
    vi.useFakeTimers();
    const clients = new Set<AnalyticsClient>();
    const Collector = collect(clients);
    const tree = (mode: "visible" | "hidden") => (
      <Activity mode={mode}>
        <AnalyticsProvider {...options} fetch={() => new Promise(() => {})} id="hidden">
          <Collector />
        </AnalyticsProvider>
      </Activity>
    );
    const { rerender, unmount } = render(tree("visible"));
    rerender(tree("hidden"));
    await advance(1_000);
    rerender(tree("visible"));
    const [client] = clients;
    void client!.trackEvent({ event_type: "shown", user_id: "u" });

    expect(clients.size).toBe(1);
    expect(client!.stats).toMatchObject({ queued: 1, dropped: 0 });
    unmount();
  });

  test.each([
    ["signs in", "http://users.test", (sub: string) => ({ sub })],
    [
      "gets a bound token",
      "http://bound.test",
      (bound_user_id: string) => ({ sub: "api_key:1", bound_user_id }),
    ],
  ])("drops a user's data when another user %s, even without an id", async (_, baseUrl, claimsOf) => {
    vi.useFakeTimers();
    const tokenOf = (id: string) => `h.${btoa(JSON.stringify({ ...claimsOf(id), org_id: "org_acme" }))}.s`;
    let user = "ada";
    const pending: ((response: Response) => void)[] = [];
    const fetch = () => new Promise<Response>((resolve) => pending.push(resolve));
    function Total() {
      const { data, isLoading, refetch } = useMetrics({}, { staleMs: 0 });
      return <button onClick={() => void refetch()}>{isLoading ? "…" : data?.metrics[0]?.total}</button>;
    }
    render(
      <AnalyticsProvider baseUrl={baseUrl} getToken={() => tokenOf(user)} fetch={fetch}>
        <Total />
      </AnalyticsProvider>,
    );
    await advance(0);
    pending.shift()!(Response.json(aSummary(1)));
    await advance(0);
    expect(screen.getByRole("button").textContent).toBe("1");
    user = "bob";
    fireEvent.click(screen.getByRole("button"));
    await advance(0);
    expect(screen.getByRole("button").textContent).toBe("…");
    for (const respond of pending) respond(Response.json(aSummary(2)));
    await advance(0);

    expect(screen.getByRole("button").textContent).toBe("2");
  });

  test("creates a client for each id", () => {
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

  test("is named in the error of a hook that is used without a provider", () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    expect(() => renderHook(() => useTrackEvent())).toThrow("Put <AnalyticsProvider> around");
  });
});

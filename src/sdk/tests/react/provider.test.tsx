import { AnalyticsProvider, useAnalytics, useTrackEvent } from "@acme/analytics-react";
import type { AnalyticsClient } from "@acme/analytics-sdk";
import { cleanup, render, renderHook } from "@testing-library/react";
import { StrictMode } from "react";
import { afterEach, describe, expect, test, vi } from "vitest";
import { KEY } from "../support/client.ts";
import { advance } from "../support/react.tsx";

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

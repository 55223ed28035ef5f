// Jest 30 runs CommonJS modules by default. Its jsdom has no fetch, TextEncoder or IntersectionObserver.
import { expect, test } from "vitest";
import { output, project } from "../support/packed.ts";

const TEST = `
  const { AnalyticsProvider, useEvents, useTrackEvent } = require("@acme/analytics-react");
  const { EventsTable } = require("@acme/analytics-react/table");
  const { createBrowserClient } = require("@acme/analytics-sdk/browser");
  const { TestClient } = require("@acme/analytics-sdk/testing");
  const { createElement: h, act } = require("react");
  const { createRoot } = require("react-dom/client");

  globalThis.IS_REACT_ACT_ENVIRONMENT = true;

  function Page() {
    const track = useTrackEvent();
    const { events, hasNextPage, sentinelRef } = useEvents({ event_type: "signed_up", limit: 2 });
    return h("main", null,
      h("button", { onClick: () => void track({ event_type: "clicked", user_id: "user_9" }) }, "Track"),
      h("p", null, events.map(({ user_id }) => user_id).join()),
      hasNextPage && h("i", { ref: sentinelRef }),
      h(EventsTable, { event_type: "signed_up" }));
  }

  test("components track and show events of a test client", async () => {
    const client = new TestClient();
    for (const n of [1, 2, 3]) await client.trackEvent({ event_type: "signed_up", user_id: "user_" + n });
    client.trackEvent({ event_type: "other", user_id: "user_4" });
    const root = document.body.appendChild(document.createElement("div"));
    await act(async () => createRoot(root).render(h(AnalyticsProvider, { client }, h(Page))));
    await act(async () => root.querySelector("button").click());

    expect(root.querySelector("p").textContent).toBe("user_3,user_2");
    expect(root.querySelector("[role=status]").textContent).toBe("3 events");
    expect(client.tracked.at(-1)).toMatchObject({ event_type: "clicked", user_id: "user_9" });
  });

  test("the real client accepts events, and settles them when it is closed", async () => {
    const client = createBrowserClient({ apiKey: "pk_test", baseUrl: "http://analytics.test", onError: () => {} });
    const tracked = client.trackEvent({ event_type: "signed_up", user_id: "user_1", properties: { name: "Zoë 😀" } });
    await client.close({ timeoutMs: 10 });

    await expect(tracked).rejects.toMatchObject({ code: "closed" });
    expect(client.stats).toMatchObject({ queued: 0, dropped: 1 });
  });
`;

test("The packed packages work in Jest 30 with jsdom without special configuration", () => {
  const folder = project(
    "jest",
    ["jest@30.5.2", "jest-environment-jsdom@30.5.2", "react@19", "react-dom@19"],
    {
      "page.test.js": TEST,
      "jest.config.json": JSON.stringify({ testEnvironment: "jsdom" }),
    },
  )!;

  const report = output(folder, process.execPath, "../node_modules/jest/bin/jest.js", "--ci", "--json");
  expect(JSON.parse(report)).toMatchObject({ success: true, numPassedTests: 2 });
});

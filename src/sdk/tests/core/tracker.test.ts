import { AnalyticsClient, ApiError, EventRejectedError, QueueFullError, Tracker } from "@acme/analytics-sdk";
import { describe, expect, inject, onTestFinished, test } from "vitest";
import { anEvent, KEY, stored, unique } from "../support/client.ts";
import { type Faults, FaultProxy } from "../support/fault-proxy.ts";

async function trackerBehindFaults(faults: Faults, options: object = {}) {
  const proxy = await FaultProxy.before(inject("apiUrl"));
  proxy.faults = faults;
  const tracker = new Tracker({
    apiKey: KEY,
    baseUrl: proxy.url,
    backoffBaseMs: 20,
    onError: () => {},
    ...options,
  });
  onTestFinished(async () => {
    await tracker.close({ timeoutMs: 50 });
    await proxy.close();
  });
  return { tracker, proxy };
}

describe("A tracker", () => {
  test("stores every event once, though answers are lost and servers fail", async () => {
    const type = unique("tracked");
    const { tracker } = await trackerBehindFaults(
      (_, index) => [undefined, { cut: "after" as const }, { answer: { status: 503 } }][index % 3],
    );

    const calls = Array.from({ length: 250 }, (_, number) => tracker.trackEvent(anEvent(type, number)));
    await tracker.flush();
    await Promise.all(calls);

    expect(await stored(type)).toHaveLength(250);
    expect(tracker.stats).toMatchObject({ queued: 0, dropped: 0 });
  });

  test("refuses a bad event alone, and when full where the caller does not wait", async () => {
    const type = unique("tracked");
    const { tracker } = await trackerBehindFaults(() => undefined, { maxQueueEvents: 2, whenFull: "drop" });

    const outcomes = await Promise.allSettled([
      tracker.trackEvent(anEvent(type)),
      tracker.trackEvent(anEvent("")),
      tracker.trackEvent(anEvent(type)),
    ]);

    const reasons = outcomes.map((outcome) => (outcome.status === "rejected" ? outcome.reason : undefined));
    expect(reasons).toEqual([undefined, expect.any(EventRejectedError), expect.any(QueueFullError)]);
    expect(tracker.stats).toEqual({ queued: 0, created: 1, duplicates: 0, dropped: 2 });
  });

  test("says why a key is not accepted, by status and code", async () => {
    const { tracker } = await trackerBehindFaults(() => undefined, { apiKey: "pk_of_nobody" });

    const error = await tracker.trackEvent(anEvent(unique("tracked"))).catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 401, code: "credential_invalid" });
  });

  test("is what a client is, and a client can read", () => {
    expect(AnalyticsClient.prototype).toBeInstanceOf(Tracker);
    expect("getEvents" in Tracker.prototype).toBe(false);
  });
});

import { AnalyticsClient, ApiError, EventRejectedError, QueueFullError, Tracker } from "@acme/analytics-sdk";
import { browser, createBrowserClient } from "@acme/analytics-sdk/browser";
import { describe, expect, inject, onTestFinished, test, vi } from "vitest";
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
  test("stores every event once, even if responses are lost and the API fails", async () => {
    const type = unique("tracked");
    const { tracker } = await trackerBehindFaults(
      (_, index) => [undefined, { cut: "after" as const }, { response: { status: 503 } }][index % 3],
    );

    const calls = Array.from({ length: 250 }, (_, number) => tracker.trackEvent(anEvent(type, number)));
    await tracker.flush();
    await Promise.all(calls);

    expect(await stored(type)).toHaveLength(250);
    expect(tracker.stats).toMatchObject({ queued: 0, dropped: 0 });
  });

  test("rejects only the invalid event and the event for which the queue has no room", async () => {
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

  test("rejects with the status and code of the API's response if the key is invalid", async () => {
    const { tracker } = await trackerBehindFaults(() => undefined, { apiKey: "pk_of_nobody" });

    const error = await tracker.trackEvent(anEvent(unique("tracked"))).catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 401, code: "credential_invalid" });
  });

  test.each([
    ["tracker", (options: never) => new Tracker(options)],
    ["client", (options: never) => new AnalyticsClient(options)],
    ["client of a page", (options: never) => createBrowserClient(options)],
  ])("rejects and names a misspelt option, as a %s does", (_, create) => {
    const options = { apiKey: KEY, endPoint: "http://api.test" } as never;

    expect(() => create(options)).toThrow(new TypeError("Unknown option: endPoint"));
  });

  test.each([
    [
      { baseUrl: undefined },
      'baseUrl must be a string with the URL of the API, such as "https://analytics.example.com", not undefined.',
    ],
    [{ baseUrl: "analytics.example.com" }, 'not "analytics.example.com".'],
    [{ baseUrl: new URL("https://api.test") }, "baseUrl must be a string"],
    [{ platform: {} }, "The option platform must be the result of browser()"],
    [{ platform: true }, "The option platform must be the result of browser()"],
    [{ apiKey: undefined }, "The option apiKey is missing. Set it, or getToken for signed-in users."],
    [{ apiKey: "" }, "The option apiKey is missing."],
    [{ onError: "log" }, 'The option onError must be a function, not "log".'],
    [{ maxInFlight: 0 }, "The option maxInFlight must be a number of at least 1, not 0."],
    [{ maxDelayMs: -1 }, "The option maxDelayMs must be a number of at least 0, not -1."],
    [{ timeoutMs: NaN }, "The option timeoutMs must be a number of at least 1, not NaN."],
    [{ maxBatchEvents: 500 }, "The option maxBatchEvents must be at most 100, not 500."],
    [{ whenFull: "block" }, 'The option whenFull must be "wait" or "drop", not "block".'],
  ])("rejects the invalid options %j, and says what to change", (invalid, message) => {
    const options = { apiKey: KEY, baseUrl: "http://api.test", ...invalid } as never;

    expect(() => new Tracker(options)).toThrow(message);
    expect(() => new Tracker(options)).toThrow(TypeError);
  });

  test.each([
    [{ maxStoredBytes: "1 MB" }, 'The option maxStoredBytes must be a number of at least 0, not "1 MB".'],
    [{ maxStoredBytes: NaN }, "The option maxStoredBytes must be a number of at least 0, not NaN."],
    [{ store: {} }, "The option store must be an EventStore"],
    [{ maxBytes: 1 }, "Unknown option: maxBytes"],
  ])("rejects the invalid storage options %j", (invalid, message) => {
    expect(() => browser(invalid as never)).toThrow(message);
    expect(() => browser(invalid as never)).toThrow(TypeError);
  });

  test.each([
    { baseUrl: "HTTPS://api.test" },
    { baseUrl: "/analytics" },
    { retryForMs: Infinity, timeoutMs: Infinity, exitTimeoutMs: Infinity },
    { platform: browser({ maxStoredBytes: undefined }) },
  ])("accepts the options %j", (valid) => {
    expect(() => new Tracker({ apiKey: KEY, baseUrl: "http://api.test", ...valid })).not.toThrow();
  });

  test("in production rejects only unknown options, and fails at the first request without a credential", async () => {
    vi.stubEnv("NODE_ENV", "production");
    onTestFinished(() => void vi.unstubAllEnvs());
    const { tracker } = await trackerBehindFaults(() => undefined, { apiKey: undefined });

    await expect(tracker.trackEvent(anEvent("x"))).rejects.toBeInstanceOf(ApiError);
    expect(() => new Tracker({ endPoint: "http://api.test" } as never)).toThrow("Unknown option: endPoint");
  });

  test("ignores an unknown option that is undefined, such as a prop of AnalyticsProvider", () => {
    const options = { apiKey: KEY, baseUrl: "http://api.test", client: undefined };

    expect(() => new Tracker(options)).not.toThrow();
  });

  test("is the base class of AnalyticsClient and can't read", () => {
    expect(AnalyticsClient.prototype).toBeInstanceOf(Tracker);
    expect("getEvents" in Tracker.prototype).toBe(false);
  });
});

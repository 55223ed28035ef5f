import { AnalyticsClient, ClosedError } from "@acme/analytics-sdk";
import { describe, expect, test, vi } from "vitest";
import { anEvent, clientBehindFaults, KEY, stored, unique } from "../support/client.ts";

const events = (type: string, count: number) => Array.from({ length: count }, (_, i) => anEvent(type, i));

describe("flush", () => {
  test("resolves when every event tracked before it is stored, whether in flight or still queued", async () => {
    const type = unique("flush");
    const { client } = await clientBehindFaults(() => ({ delayMs: 50 }), {
      maxBatchEvents: 10,
      maxDelayMs: 60_000,
    });
    for (const event of events(type, 25)) void client.trackEvent(event); // two batches in flight, and five queued events
    await client.flush();

    expect(await stored(type)).toHaveLength(25);
  });

  test("also delivers events that were tracked while the queue was full", async () => {
    const type = unique("flush_full");
    const { client } = await clientBehindFaults(undefined, { maxQueueEvents: 10, maxDelayMs: 60_000 });
    for (const event of events(type, 35)) void client.trackEvent(event);
    await client.flush();

    expect(await stored(type)).toHaveLength(35);
  });

  test("does not wait for events that are tracked after it", async () => {
    const type = unique("flush_only");
    const { client } = await clientBehindFaults(({ text }) =>
      text.includes("later") ? { hang: true } : undefined,
    );
    void client.trackEvent(anEvent(type));
    const flushed = client.flush();
    void client.trackEvent(anEvent(`${type}_later`));
    await flushed;

    expect(client.stats).toMatchObject({ created: 1, queued: 1 });
  });

  test("never rejects", async () => {
    const { client } = await clientBehindFaults();
    void client.trackEvent(anEvent(""));

    await expect(client.flush()).resolves.toBeUndefined();
  });
});

describe("A time limit of Infinity", () => {
  const slow = () => ({ delayMs: 50 });

  test.each([
    ["timeoutMs", { timeoutMs: Infinity, retryForMs: 0 }],
    ["exitTimeoutMs", { exitTimeoutMs: Infinity }],
  ])("for %s aborts no request", async (_, options) => {
    const type = unique("unlimited");
    const { client, lost } = await clientBehindFaults(slow, options);
    void client.trackEvent(anEvent(type));
    await client.close();

    expect(lost).toEqual([]);
    expect(await stored(type)).toHaveLength(1);
  });

  test("for a call of close loses no event", async () => {
    const type = unique("unlimited_close");
    const { client, lost } = await clientBehindFaults(slow);
    void client.trackEvent(anEvent(type));
    await client.close({ timeoutMs: Infinity });

    expect(lost).toEqual([]);
    expect(await stored(type)).toHaveLength(1);
  });

  test("for a read waits for the response", async () => {
    const { client } = await clientBehindFaults(slow);

    await expect(client.getCaller({ timeoutMs: Infinity })).resolves.toMatchObject({ org_id: "org_acme" });
  });

  test("for maxDelayMs sends a batch when it is full or flushed", async () => {
    const type = unique("unlimited_delay");
    const { client, proxy } = await clientBehindFaults(undefined, {
      maxDelayMs: Infinity,
      maxBatchEvents: 2,
    });
    void client.trackEvent(anEvent(type, 1));
    await client.getCaller();
    expect(proxy.batches).toHaveLength(0);
    await client.trackEvent(anEvent(type, 2));

    expect(proxy.batches).toHaveLength(1);
  });
});

describe("close", () => {
  test("delivers all queued events despite an outage, and the client then rejects further calls", async () => {
    const type = unique("close");
    const until = Date.now() + 600;
    const { client, lost } = await clientBehindFaults(({ path }) =>
      path.startsWith("/api/v1/events") && Date.now() < until ? { cut: "before" } : undefined,
    );
    for (const event of events(type, 250)) void client.trackEvent(event);
    await client.close();

    expect(await stored(type)).toHaveLength(250);
    expect(lost).toEqual([]);
    await expect(client.trackEvent(anEvent(type))).rejects.toThrow(ClosedError);
    await expect(client.getMetricsSummary()).rejects.toThrow(ClosedError);
  });

  test("reports the events that were not delivered in time", async () => {
    const type = unique("close_down");
    const { client, lost } = await clientBehindFaults(({ path }) =>
      path.startsWith("/api/v1/events") ? { hang: true } : undefined,
    );
    const calls = events(type, 5).map((event) => client.trackEvent(event));
    await client.close({ timeoutMs: 100 });

    expect(lost.map((call) => call.events.length)).toEqual([5]); // onError is called once for all of them
    expect(client.stats).toMatchObject({ queued: 0, dropped: 5 });
    await expect(calls[0]).rejects.toThrow("The client is closed");
  });

  test("names the last failure as the cause of the lost events", async () => {
    const { client, lost } = await clientBehindFaults(({ path }) =>
      path === "/api/v1/events" ? { response: { status: 503, headers: { "Retry-After": "60" } } } : undefined,
    );
    void client.trackEvent(anEvent("x"));
    await expect.poll(() => client.stats.queued).toBe(1);
    await client.close({ timeoutMs: 1_000 });

    expect(lost).toMatchObject([{ error: { code: "closed", cause: { status: 503 } } }]);
  });

  test("can be called more than once", async () => {
    const { client } = await clientBehindFaults();
    await Promise.all([client.close(), client.close()]);
    await client.close();
  });
});

describe("On serverless platforms", () => {
  test("a waitUntil that throws, as it does outside a request, loses no event and is reported", async () => {
    const type = unique("not_held");
    const { client, lost } = await clientBehindFaults(undefined, {
      waitUntil: () => {
        throw new Error("outside a request");
      },
    });
    await client.trackEvent(anEvent(type));

    expect(await stored(type)).toHaveLength(1);
    expect(lost).toMatchObject([{ error: { code: "not_held" }, events: [] }]);
  });

  test("waitUntil gets promises that resolve after delivery, and events are sent without maxDelayMs", async () => {
    const type = unique("wait_until");
    const held: Promise<void>[] = [];
    const { client, proxy } = await clientBehindFaults(() => ({ delayMs: 30 }), {
      maxDelayMs: 60_000,
      waitUntil: (delivery) => held.push(delivery),
    });
    void client.trackEvent(anEvent(type, 1));
    void client.trackEvent(anEvent(type, 2));
    await expect.poll(() => proxy.batches.length).toBe(1);
    void client.trackEvent(anEvent(type, 3));
    await Promise.all(held);

    expect(await stored(type)).toHaveLength(3);
    expect(held).toHaveLength(2); // the first two events share a promise and a request
    expect(proxy.batches).toHaveLength(2);
  });

  test("the constructor sends no request, starts no timer and adds no listener", () => {
    vi.useFakeTimers();
    const fetch = vi.fn<typeof globalThis.fetch>();
    const listeners = process.listenerCount("beforeExit");
    const client = new AnalyticsClient({ apiKey: KEY, baseUrl: "http://api.test", fetch });

    expect(client.stats.queued).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    expect(fetch).not.toHaveBeenCalled();
    expect(process.listenerCount("beforeExit")).toBe(listeners);
    vi.useRealTimers();
  });
});

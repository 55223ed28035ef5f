import { AnalyticsClient, NetworkError, RateLimitError, ServerError } from "@acme/analytics-sdk";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { anEvent, clientBehindFaults, KEY, stored, unique } from "../support/client.ts";
import type { Fault, Faults } from "../support/fault-proxy.ts";

const events = (type: string, count: number) => Array.from({ length: count }, (_, i) => anEvent(type, i));

/** Return faults that affect only requests with events. `index` counts these requests from 0. */
function onBatches(fault: (index: number) => Fault | undefined): Faults {
  let index = 0;
  return ({ path, method }) => (method === "POST" && path === "/api/v1/events" ? fault(index++) : undefined);
}

describe("A batch", () => {
  test.each<[string, Fault]>([
    ["a cut connection", { cut: "before" }],
    ["a lost response", { cut: "after" }],
    ["500", { response: { status: 500 } }],
    ["502 with an HTML page", { response: { status: 502, body: "<html>" } }],
    ["503 with Retry-After", { response: { status: 503, headers: { "Retry-After": "0" } } }],
    ["429", { response: { status: 429, headers: { "Retry-After": "0" } } }],
    ["408", { response: { status: 408 } }],
    [
      "409 while the first attempt is being processed",
      { response: { status: 409, headers: { "Retry-After": "0" } } },
    ],
    ["200 from a captive portal", { response: { status: 200, body: "<html>Welcome to our café" } }],
    ["a timeout", { hang: true }],
  ])("is retried after %s, and stored once", async (_, fault) => {
    const type = unique("retry");
    const { client, proxy, lost } = await clientBehindFaults(
      onBatches((index) => (index < 2 ? fault : undefined)),
      { timeoutMs: 1_500 }, // enough for a response on a loaded machine
    );
    await client.trackEvents(events(type, 30));

    expect(proxy.batches).toHaveLength(3);
    expect(new Set(proxy.batches.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
    expect(new Set(proxy.batches.map(({ text }) => text)).size).toBe(1);
    expect(await stored(type)).toHaveLength(30);
    expect(client.stats).toMatchObject({ created: 30, duplicates: 0, dropped: 0 });
    expect(lost).toEqual([]);
  });

  test("is stored once even if every fifth connection is cut", async () => {
    const type = unique("flaky");
    const { client } = await clientBehindFaults(
      onBatches((index) => (index % 5 === 0 ? { cut: index % 2 ? "after" : "before" } : undefined)),
      { maxBatchEvents: 10 },
    );
    await client.trackEvents(events(type, 500));

    expect(new Set((await stored(type)).map((event) => event.event_id)).size).toBe(500);
    expect(client.stats.created).toBe(500);
  });

  test("is rejected and reported if the API returns 500 for longer than retryForMs", async () => {
    const type = unique("retry_limit");
    const { client, lost } = await clientBehindFaults(
      onBatches(() => ({ response: { status: 500 } })),
      {
        retryForMs: 200,
        backoffMaxMs: 50,
      },
    );

    await expect(client.trackEvents(events(type, 2))).rejects.toThrow(ServerError);
    expect(client.stats).toMatchObject({ created: 0, dropped: 2 });
    const properties = lost.map((call) => call.events.map((event) => event.properties));
    expect(properties).toEqual([[{ number: 0 }, { number: 1 }]]); // onError is called once for both
  });

  test("is rejected with NetworkError if the network fails for longer than retryForMs", async () => {
    const { client } = await clientBehindFaults(
      onBatches(() => ({ cut: "before" })),
      { retryForMs: 50 },
    );

    await expect(client.trackEvents(events(unique("unreachable"), 1))).rejects.toThrow(NetworkError);
  });
});

describe("While events are retried,", () => {
  const failing = new Set([0, 1, 2, 4, 6, 7]); // two outages, and a failure of one attempt between them
  const outages = (): Faults => onBatches((index) => (failing.has(index) ? { cut: "before" } : undefined));
  const send = async (client: AnalyticsClient): Promise<void> => {
    for (let i = 0; i < 3; i++) await client.trackEvents(events(unique("outage"), 1));
  };

  test("the console shows one warning per outage", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    onTestFinished(() => warn.mockRestore());
    const { client, proxy } = await clientBehindFaults(outages(), { onError: undefined });
    await send(client);

    const prefixes = warn.mock.calls.map(([prefix]) => prefix as unknown);
    const errors = warn.mock.calls.map(([, error]) => error as Error);
    expect(prefixes).toEqual(["Acme:", "Acme:"]);
    expect(errors.map(({ message }) => message)).toEqual(Array(2).fill(`Can't reach ${proxy.url}.`));
  });

  test("a client with onError logs nothing, and loses nothing", async () => {
    const warn = vi.spyOn(console, "warn");
    onTestFinished(() => warn.mockRestore());
    const { client, lost } = await clientBehindFaults(outages());
    await send(client);

    expect(lost).toEqual([]);
    expect(warn).not.toHaveBeenCalled();
  });
});

describe("All requests of a client share their waits:", () => {
  test("after a 429, no request starts before Retry-After has passed, even if parallel requests succeed", async () => {
    const type = unique("limited");
    const starts: number[] = [];
    const [allFour, limited] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const slow: typeof fetch = async (url, init) => {
      if (!(url as string).endsWith("/events")) return fetch(url, init);
      const index = starts.push(performance.now()) - 1;
      if (index === 0) return fetch(url, init); // requests are parallel once one has succeeded
      if (index === 4) allFour.resolve();
      if (index < 5) await allFour.promise;
      if (index === 2) {
        setImmediate(limited.resolve); // when the client has read this response
        return new Response("{}", { status: 429, headers: { "Retry-After": "1" } });
      }
      await limited.promise;
      return fetch(url, init);
    };
    const { client } = await clientBehindFaults(undefined, { maxBatchEvents: 5, fetch: slow });
    await client.trackEvents(events(type, 60));

    expect(starts).toHaveLength(13);
    expect(starts[5]! - starts[4]!).toBeGreaterThanOrEqual(1_000);
    expect(await stored(type)).toHaveLength(60);
  });

  test("Retry-After can be a date", async () => {
    const type = unique("date");
    const { client, proxy } = await clientBehindFaults(
      onBatches((index) =>
        index === 0
          ? {
              response: {
                status: 503,
                headers: { "Retry-After": new Date(Date.now() + 2_000).toUTCString() },
              },
            }
          : undefined,
      ),
    );
    await client.trackEvents(events(type, 1));
    const [first, second] = proxy.batches;

    expect(second!.at - first!.at).toBeGreaterThan(900);
  });

  test("with a limit of 20 requests per second, about one request per second is rejected, not four", async () => {
    const type = unique("window");
    let [window, count, rejected] = [0, 0, 0];
    const limit = (): Fault | undefined => {
      const now = Math.floor(Date.now() / 1000);
      if (now !== window) [window, count] = [now, 0];
      if (++count <= 20) return undefined;
      rejected++;
      return { response: { status: 429, headers: { "Retry-After": "1" } } };
    };
    const { client, proxy } = await clientBehindFaults(onBatches(limit), { maxBatchEvents: 1 });
    await client.trackEvents(events(type, 80));

    expect(proxy.batches.length).toBe(80 + rejected);
    expect(rejected).toBeLessThanOrEqual(8);
  });

  test("while the API fails, only one request at a time is sent", async () => {
    const type = unique("probe");
    let [running, runningMax, isDown] = [0, 0, true];
    const { client, proxy } = await clientBehindFaults(
      onBatches((index) => {
        if (!isDown || index < 4) return isDown ? { delayMs: 30, cut: "before" } : undefined;
        runningMax = Math.max(runningMax, ++running);
        setTimeout(() => running--, 30);
        return { delayMs: 30, cut: "before" };
      }),
      { maxBatchEvents: 2, backoffMaxMs: 100 },
    );
    const sent = client.trackEvents(events(type, 40));
    await expect.poll(() => proxy.batches.length).toBeGreaterThan(8);
    isDown = false;
    await sent;

    expect(runningMax).toBe(1);
    expect(await stored(type)).toHaveLength(40);
  });

  test.each([0, 0.999])("back off for at least half of a limit that doubles", async (random) => {
    vi.useFakeTimers();
    vi.spyOn(Math, "random").mockReturnValue(random);
    onTestFinished(() => void vi.useRealTimers());
    onTestFinished(() => void vi.restoreAllMocks());
    const starts: number[] = [];
    const down: typeof fetch = async (url) => {
      if ((url as string).endsWith("/token")) return Response.json({ access_token: "t", expires_in: 86_400 });
      const isDown = starts.push(performance.now()) && performance.now() - starts[0]! < 20_000;
      return isDown
        ? new Response("{}", { status: 503 })
        : Response.json({ results: [{ status: "created" }] });
    };
    const client = new AnalyticsClient({ apiKey: KEY, baseUrl: "http://api.test", fetch: down });
    const tracked = client.trackEvents([anEvent("x")]);
    await vi.advanceTimersByTimeAsync(60_000);
    await tracked;

    const waits = starts.slice(1).map((at, index) => Math.round(at - starts[index]!));
    expect(waits).toEqual(
      random ? [1_000, 1_999, 3_998, 7_996, 15_992] : [500, 1_000, 2_000, 4_000, 8_000, 15_000],
    );
  });

  test("a read gets at most four attempts", async () => {
    const { client, proxy } = await clientBehindFaults(({ path }) =>
      path.startsWith("/api/v1/metrics")
        ? { response: { status: 429, headers: { "Retry-After": "0" } } }
        : undefined,
    );

    await expect(client.getMetricsSummary()).rejects.toThrow(RateLimitError);
    expect(proxy.seen.filter(({ path }) => path.startsWith("/api/v1/metrics"))).toHaveLength(4);
  });
});

describe("A request that hangs", () => {
  afterEach(() => void vi.useRealTimers());

  test("is retried after 10 s, and after 10 s more for each failure, up to 40 s", async () => {
    vi.useFakeTimers();
    const starts: number[] = [];
    const hanging: typeof fetch = async (url, init) => {
      if ((url as string).endsWith("/token"))
        return Response.json({ access_token: "token", expires_in: 86_400 });
      if (starts.push(performance.now()) > 5) return Response.json({ results: [{ status: "created" }] });
      return new Promise((_, reject) => {
        init!.signal!.addEventListener("abort", () => reject(init!.signal!.reason as Error));
      });
    };
    const client = new AnalyticsClient({
      apiKey: KEY,
      baseUrl: "http://api.test",
      fetch: hanging,
      backoffBaseMs: 0,
    });
    const tracked = client.trackEvents([anEvent("x")]);
    await vi.advanceTimersByTimeAsync(140_000);
    await tracked;

    expect(starts.slice(1).map((at, index) => at - starts[index]!)).toEqual([
      10_000, 20_000, 30_000, 40_000, 40_000,
    ]);
    expect(client.stats).toMatchObject({ created: 1, dropped: 0 });
  });
});

describe("If the monthly quota is used up,", () => {
  const refusal = (seconds: string): Fault => ({
    response: {
      status: 429,
      headers: { "Content-Type": "application/problem+json", "Retry-After": seconds },
      body: JSON.stringify({ code: "quota_exceeded", status: 429, period_end: "2026-12-01T00:00:00Z" }),
    },
  });

  test("events are kept until Retry-After has passed, and then stored once", async () => {
    const type = unique("quota");
    const { client, proxy, lost } = await clientBehindFaults(
      onBatches((index) => (index === 0 ? refusal("1") : undefined)),
    );
    await client.trackEvents(events(type, 10));
    const [first, second] = proxy.batches;

    expect(proxy.batches).toHaveLength(2);
    expect(second!.at - first!.at).toBeGreaterThanOrEqual(1_000);
    expect(second!.headers["idempotency-key"]).toBe(first!.headers["idempotency-key"]);
    expect(await stored(type)).toHaveLength(10);
    expect(lost).toEqual([]);
  });

  test("events are rejected and reported once the retry limit is reached", async () => {
    const { client, lost } = await clientBehindFaults(
      onBatches(() => refusal("1")),
      { retryForMs: 500 },
    );

    await expect(client.trackEvent(anEvent(unique("quota"), 0))).rejects.toMatchObject({
      code: "quota_exceeded",
      retryAfterMs: 1_000,
    });
    expect(client.stats).toMatchObject({ created: 0, dropped: 1 });
    expect(lost).toHaveLength(1);
  });
});

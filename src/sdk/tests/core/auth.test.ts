import { AnalyticsClient, AuthenticationError, PermissionError } from "@acme/analytics-sdk";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { AnalyticsClient as WorkerdClient } from "../../core/src/workerd.ts";
import { aToken, anEvent, clientBehindFaults, KEY, stored, unique } from "../support/client.ts";

describe("The client", () => {
  test("requests one access token for all concurrent calls", async () => {
    const type = unique("token");
    const { client, proxy } = await clientBehindFaults(undefined, { maxBatchEvents: 5 });
    await Promise.all([
      client.trackEvents(Array.from({ length: 40 }, (_, i) => anEvent(type, i))),
      client.getMetricsSummary(),
    ]);

    expect(proxy.tokenRequests).toHaveLength(1);
  });

  test("gets a new token after a 401 and retries every call once, so that no event is lost", async () => {
    const type = unique("expired");
    const revoked = JSON.stringify({ access_token: "revoked", expires_in: 900 });
    let issued = 0;
    const { client, proxy, lost } = await clientBehindFaults(({ path, headers }) => {
      if (path === "/api/v1/auth/token" && !issued++) return { response: { status: 200, body: revoked } };
      return headers.authorization === "Bearer revoked"
        ? { delayMs: 10, response: { status: 401 } }
        : undefined;
    });
    await Promise.all(Array.from({ length: 3 }, (_, i) => client.trackEvents([anEvent(type, i)])));

    expect(proxy.tokenRequests).toHaveLength(2);
    expect(await stored(type)).toHaveLength(3);
    expect(lost).toEqual([]);
  });

  test("reports an invalid key for every event, but sends the key only once", async () => {
    const { client, proxy, lost } = await clientBehindFaults(undefined, {
      apiKey: "ak_wrong",
      maxBatchEvents: 1,
    });
    const calls = Array.from({ length: 10 }, (_, i) => client.trackEvent(anEvent("x", i)));
    const outcomes = await Promise.allSettled(calls);

    expect(outcomes.every(({ status }) => status === "rejected")).toBe(true);
    expect(lost).toHaveLength(10);
    expect(lost[0]!.error).toBeInstanceOf(AuthenticationError);
    expect(lost[0]!.error).toMatchObject({ code: "credential_invalid", status: 401 });
    expect(proxy.tokenRequests.length).toBeLessThanOrEqual(1);
    expect(proxy.batches).toHaveLength(0);
  });

  test("sends at most two requests for any number of events if the API also rejects new tokens", async () => {
    const { client, proxy, lost } = await clientBehindFaults(
      ({ path }) => (path === "/api/v1/events" ? { response: { status: 401 } } : undefined),
      { maxBatchEvents: 1, maxInFlight: 4 },
    );
    await Promise.allSettled(Array.from({ length: 200 }, (_, i) => client.trackEvent(anEvent("x", i))));

    expect(lost).toHaveLength(200);
    expect(lost[199]!.error).toBeInstanceOf(AuthenticationError);
    expect(proxy.batches.length).toBeLessThanOrEqual(2); // the API may issue the same token again
    expect(proxy.tokenRequests.length).toBeLessThanOrEqual(2);
  });

  test.each([
    ["the rejected token again", () => "revoked", 1, 0],
    ["a new token that is rejected too", () => unique("fresh"), 2, 2],
  ])(
    "sends at most two requests with events, and at most two per read, if getToken returns %s",
    async (_, getToken, most, mostPerRead) => {
      const { client, proxy, lost } = await clientBehindFaults(() => ({ response: { status: 401 } }), {
        apiKey: undefined,
        getToken,
        maxBatchEvents: 1,
      });
      await Promise.allSettled(
        Array.from({ length: 200 }, (_event, i) => client.trackEvent(anEvent("x", i))),
      );

      expect(lost).toHaveLength(200);
      expect(lost[199]!.error).toBeInstanceOf(AuthenticationError);
      expect(proxy.batches).toHaveLength(most);

      const before = proxy.seen.length;
      await expect(client.getCaller()).rejects.toThrow(AuthenticationError);
      expect(proxy.seen.length).toBe(before + mostPerRead);
    },
  );

  test("lets the event loop turn between batches that fail without a request", async () => {
    let turns = 0;
    const failedIn = new Set<number>();
    const count = (): void => void (turns++, (turning = setImmediate(count)));
    let turning = setImmediate(count);
    onTestFinished(() => clearImmediate(turning));
    const { client } = await clientBehindFaults(() => ({ response: { status: 401 } }), {
      maxBatchEvents: 1,
      onError: () => failedIn.add(turns),
    });
    await Promise.allSettled(Array.from({ length: 200 }, (_, i) => client.trackEvent(anEvent("x", i))));

    expect(failedIn.size).toBeGreaterThan(10);
  });

  test("fails with AuthenticationError when getToken returns no token", async () => {
    const { client } = await clientBehindFaults(undefined, {
      apiKey: undefined,
      getToken: () => undefined as never,
    });

    await expect(client.trackEvent(anEvent("x", 1))).rejects.toThrow(AuthenticationError);
  });

  test("sends events that are tracked after a 401, because another user may have signed in", async () => {
    const type = unique("signed_in");
    let token = "of a user who left";
    const { client } = await clientBehindFaults(undefined, { apiKey: undefined, getToken: () => token });
    await expect(client.trackEvent(anEvent(type, 1))).rejects.toThrow(AuthenticationError);
    token = await aToken();
    await client.trackEvent(anEvent(type, 2));

    expect(await stored(type)).toHaveLength(1);
  });

  test("for Workers reports an AuthenticationError if the API also rejects new tokens", async () => {
    const { client, lost } = await clientBehindFaults(
      ({ path }) => (path === "/api/v1/events" ? { response: { status: 401 } } : undefined),
      {},
      WorkerdClient,
    );
    void client.trackEvent(anEvent("x"));
    await client.flush();

    expect(lost.map(({ error }) => error)).toEqual([expect.any(AuthenticationError)]);
  });

  test("for Workers shares tokens of its API key between calls until the API rejects them", async () => {
    const type = unique("workers_rejected");
    const revoked = JSON.stringify({ access_token: "revoked", expires_in: 900 });
    let issued = 0;
    const { client, proxy } = await clientBehindFaults(
      ({ path, headers }) => {
        if (path === "/api/v1/auth/token" && !issued++) return { response: { status: 200, body: revoked } };
        return headers.authorization === "Bearer revoked" ? { response: { status: 401 } } : undefined;
      },
      {},
      WorkerdClient,
    );
    for (const number of [1, 2, 3]) {
      void client.trackEvent(anEvent(type, number));
      await client.flush();
    }

    expect(await stored(type)).toHaveLength(3);
    expect(proxy.batches).toHaveLength(4);
    expect(proxy.tokenRequests).toHaveLength(2);
  });

  test("retries while no token can be issued", async () => {
    const type = unique("token_unavailable");
    let failures = 0;
    const { client } = await clientBehindFaults(({ path }) =>
      path === "/api/v1/auth/token" && failures++ < 3 ? { response: { status: 503 } } : undefined,
    );
    await client.trackEvents([anEvent(type)]);

    expect(await stored(type)).toHaveLength(1);
  });

  test("can't read data if the key is publishable", async () => {
    const { client } = await clientBehindFaults(undefined, { apiKey: "pk_local_acme" });

    await expect(client.getMetricsSummary()).rejects.toThrow(PermissionError);
  });
});

describe("Before a token expires", () => {
  afterEach(() => vi.useRealTimers());

  test("the next one is fetched in the background, and requests use the current one until then", async () => {
    vi.useFakeTimers();
    let issued = 0;
    const slowIssue = vi.fn<typeof fetch>(async (url, init) => {
      if ((url as string).endsWith("/token")) {
        if (issued++) await new Promise((resolve) => setTimeout(resolve, 5_000));
        return Response.json({ access_token: `token-${issued}`, expires_in: 900 });
      }
      return Response.json({ with: new Headers(init?.headers).get("Authorization") });
    });
    const client = new AnalyticsClient({ apiKey: KEY, baseUrl: "http://api.test", fetch: slowIssue });
    const read = () => client.getMetricsSummary() as Promise<unknown>;

    expect(await read()).toEqual({ with: "Bearer token-1" });
    vi.advanceTimersByTime(700_000);
    expect(await read()).toEqual({ with: "Bearer token-1" });
    vi.advanceTimersByTime(50_000);
    expect(await Promise.all([read(), read(), read()])).toEqual(
      [1, 2, 3].map(() => ({ with: "Bearer token-1" })),
    );
    await vi.advanceTimersByTimeAsync(6_000);
    expect(await read()).toEqual({ with: "Bearer token-2" });
    expect(issued).toBe(2);
  });
});

test("A token is used until it expires, even if the API rejects the request for the next one", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  let issued = 0;
  const fetching: typeof fetch = async (url, init) => {
    if (!(url as string).endsWith("/token"))
      return Response.json({ with: new Headers(init?.headers).get("Authorization") });
    return issued++
      ? new Response("{}", { status: 401 })
      : Response.json({ access_token: "token", expires_in: 900 });
  };
  const client = new AnalyticsClient({ apiKey: KEY, baseUrl: "http://api.test", fetch: fetching });
  await client.getCaller();
  vi.advanceTimersByTime(750_000);
  await client.getCaller();
  await vi.advanceTimersByTimeAsync(1_000);

  expect(await client.getCaller()).toEqual({ with: "Bearer token" });
  expect(issued).toBe(2);
});

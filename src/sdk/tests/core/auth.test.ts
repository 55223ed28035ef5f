import { AnalyticsClient, AuthenticationError, cachedToken, PermissionError } from "@acme/analytics-sdk";
import { afterEach, describe, expect, inject, onTestFinished, test, vi } from "vitest";
import { AnalyticsClient as WorkerdClient } from "../../core/src/workerd.ts";
import { anEvent, clientBehindFaults, KEY, stored, unique } from "../support/client.ts";

async function aToken(apiKey = KEY): Promise<string> {
  const response = await fetch(`${inject("apiUrl")}/api/v1/auth/token`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ api_key: apiKey }),
  });
  return ((await response.json()) as { access_token: string }).access_token;
}

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
    ["the rejected token again", () => "revoked", 1],
    ["a new token that is rejected too", () => unique("fresh"), 2],
  ])(
    "sends at most two requests with events, but all reads, if getToken returns %s",
    async (_, getToken, most) => {
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
      expect(proxy.seen.length).toBeGreaterThan(before);
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

describe("With getToken, the client", () => {
  test("uses the app's tokens, and requests another one after a 401", async () => {
    const type = unique("own_token");
    const refreshes: boolean[] = [];
    const { client, proxy } = await clientBehindFaults(undefined, {
      apiKey: undefined,
      getToken: async ({ refresh }) => {
        refreshes.push(refresh);
        return refresh ? await aToken() : "stale";
      },
    });
    await client.trackEvents([anEvent(type)]);

    expect(refreshes).toEqual([false, true]);
    expect(proxy.tokenRequests).toHaveLength(0);
    expect(await stored(type)).toHaveLength(1);
  });

  test("does not send a rejected token again, but asks getToken for another one before every batch", async () => {
    const type = unique("rejected_token");
    let token = "rejected";
    const refreshes: boolean[] = [];
    const { client, proxy } = await clientBehindFaults(undefined, {
      apiKey: undefined,
      getToken: ({ refresh }) => {
        refreshes.push(refresh);
        return token;
      },
    });
    for (const number of [1, 2, 3])
      await expect(client.trackEvent(anEvent(type, number))).rejects.toThrow(AuthenticationError);

    expect(proxy.batches).toHaveLength(1);
    expect(refreshes).toEqual([false, true, true, true]);
    token = await aToken();
    await client.trackEvent(anEvent(type, 4));
    expect(await stored(type)).toHaveLength(1);
  });

  test("names the error of getToken when a read fails because of it", async () => {
    const { client } = await clientBehindFaults(undefined, {
      apiKey: undefined,
      getToken: () => Promise.reject(new Error("signed out")),
    });

    await expect(client.getCaller({ timeoutMs: 200 })).rejects.toThrow("getToken: Error: signed out");
  });

  test("loses no event if getToken fails temporarily", async () => {
    const type = unique("token_fails");
    let failures = 0;
    const { client } = await clientBehindFaults(undefined, {
      apiKey: undefined,
      getToken: () => (failures++ < 2 ? Promise.reject(new Error("offline")) : aToken()),
    });
    await client.trackEvents([anEvent(type)]);

    expect(await stored(type)).toHaveLength(1);
  });
});

describe("cachedToken", () => {
  afterEach(() => void vi.useRealTimers());

  function issuing(): { issue: Parameters<typeof cachedToken>[0]; calls: boolean[] } {
    const calls: boolean[] = [];
    const issue = async ({ refresh }: { refresh: boolean }) => {
      await Promise.resolve();
      return { token: `token-${calls.push(refresh)}`, lifetimeMs: 900_000 };
    };
    return { issue, calls };
  }

  test("issues one token for concurrent calls, and the next one in the background before it expires", async () => {
    vi.useFakeTimers();
    const { issue, calls } = issuing();
    const getToken = cachedToken(issue);
    const get = () => getToken({ refresh: false });

    expect(await Promise.all([get(), get()])).toEqual(["token-1", "token-1"]);
    vi.setSystemTime(Date.now() - 3_600_000); // the wall clock was set back
    vi.advanceTimersByTime(700_000);
    expect(await get()).toBe("token-1");
    expect(calls).toHaveLength(1);
    vi.advanceTimersByTime(50_000);
    expect(await get()).toBe("token-1"); // still valid, while the next one is fetched
    await vi.advanceTimersByTimeAsync(0);
    expect(await get()).toBe("token-2");
    expect(calls).toEqual([false, false]);
  });

  test("issues another token when the API has rejected the current one", async () => {
    const { issue, calls } = issuing();
    const getToken = cachedToken(issue);
    await getToken({ refresh: false });

    expect(await getToken({ refresh: true })).toBe("token-2");
    expect(await getToken({ refresh: false })).toBe("token-2");
    expect(calls).toEqual([false, true]);
  });

  test("rejects when no token can be issued, and tries again on the next call", async () => {
    let isUp = false;
    const getToken = cachedToken(() =>
      isUp ? Promise.resolve({ token: "token", lifetimeMs: 1_000 }) : Promise.reject(new Error("signed out")),
    );

    await expect(getToken({ refresh: false })).rejects.toThrow("signed out");
    isUp = true;
    expect(await getToken({ refresh: false })).toBe("token");
  });
});

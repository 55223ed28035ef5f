import { AuthenticationError, cachedToken } from "@acme/analytics-sdk";
import { afterEach, describe, expect, test, vi } from "vitest";
import { aToken, anEvent, clientBehindFaults, stored, unique } from "../support/client.ts";

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

  test("requests another token when one expires, also if the API had rejected one of an earlier user", async () => {
    const type = unique("expired_later");
    const [token, fresh] = [await aToken(), await aToken("pk_local_acme")];
    let current = "of an earlier user";
    let isExpired = false;
    const { client, lost } = await clientBehindFaults(
      ({ headers }) =>
        isExpired && headers.authorization === `Bearer ${token}` ? { response: { status: 401 } } : undefined,
      { apiKey: undefined, getToken: ({ refresh }) => (refresh && isExpired ? fresh : current) },
    );
    await expect(client.trackEvent(anEvent(type, 1))).rejects.toThrow(AuthenticationError);
    current = token;
    await client.getCaller();
    isExpired = true;
    await client.trackEvent(anEvent(type, 2));

    expect(await stored(type)).toHaveLength(1);
    expect(lost).toHaveLength(1);
  });

  test.each([
    ["an event", "a read"],
    ["a read", "an event"],
  ])("does not send the token that the API rejected for %s again for %s", async (...order) => {
    const refreshes: boolean[] = [];
    const { client, proxy } = await clientBehindFaults(() => ({ response: { status: 401 } }), {
      apiKey: undefined,
      getToken: ({ refresh }) => (refreshes.push(refresh), "rejected"),
    });
    const calls: Record<string, () => Promise<unknown>> = {
      "an event": () => client.trackEvent(anEvent("x")),
      "a read": () => client.getCaller(),
    };
    for (const call of order) await expect(calls[call]!()).rejects.toThrow(AuthenticationError);

    expect(proxy.seen).toHaveLength(1);
    expect(refreshes).toEqual([false, true, true]);
  });

  test("requests a refreshed token even if an unrefreshed one was requested before the API rejected it", async () => {
    const type = unique("expires_meanwhile");
    const fresh = await aToken();
    const [expired, requested] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let calls = 0;
    const { client, lost } = await clientBehindFaults(undefined, {
      apiKey: undefined,
      getToken: async ({ refresh }) => {
        if (refresh) return fresh;
        if (++calls === 2) {
          requested.resolve();
          await expired.promise;
        }
        return "expired";
      },
      fetch: async (url, init) => {
        const response = await fetch(url, init);
        if (response.status === 401) {
          await requested.promise; // the read has asked for a token
          setTimeout(expired.resolve, 20);
        }
        return response;
      },
    });
    const [read] = await Promise.allSettled([client.getCaller(), client.trackEvent(anEvent(type))]);

    expect(read.status).toBe("fulfilled");
    expect(await stored(type)).toHaveLength(1);
    expect(lost).toEqual([]);
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

import { AnalyticsClient, ApiError, ClosedError, InvalidPayloadError } from "@acme/analytics-sdk";
import {
  getFunnel,
  getRetention,
  getTrends,
  getUser,
  listDroppedUsers,
  listProperties,
  listUsers,
} from "@acme/analytics-sdk/insights";
import { beforeAll, describe, expect, inject, onTestFinished, test, vi } from "vitest";
import { aToken, clientBehindFaults, PATIENT_MS, unique } from "../support/client.ts";

/** The key of an organisation to which no other test sends events, so that its results don't change. */
const apiKey = "ak_local_initech";
const [signedUp, paid] = [unique("signed_up"), unique("paid")];
const day = new Date(Date.now() - 2 * 86_400_000).toISOString().slice(0, 10);
const range = { start_date: day, end_date: day };
const SIGN_UPS = { ...range, series: [{ event_type: signedUp }] };
const FUNNEL = { ...range, steps: [{ event_type: signedUp }, { event_type: paid }] };

function aClient(): AnalyticsClient {
  return new AnalyticsClient({ apiKey, baseUrl: inject("apiUrl") });
}

/** Track five users who sign up, of whom two pay an hour later. */
beforeAll(async () => {
  const client = aClient();
  const users = [1, 2, 3, 4, 5].map((number) => ({
    user_id: `user_${number}`,
    plan: number < 4 ? "pro" : "free",
  }));
  await client.trackEvents([
    ...users.map(({ user_id, plan }) => ({
      event_type: signedUp,
      user_id,
      timestamp: `${day}T10:00:00Z`,
      properties: { plan },
    })),
    ...users.slice(0, 2).map(({ user_id }) => ({
      event_type: paid,
      user_id,
      timestamp: `${day}T11:00:00Z`,
      properties: { amount: 10 },
    })),
  ]);
  const total = async () => (await getTrends(client, { ...range, series: [{}] })).series[0]?.total;
  while ((await total()) !== 7) await new Promise((resolve) => setTimeout(resolve, 50));
});

describe("With the real API", () => {
  test("getTrends returns values per interval and group", async () => {
    const query = { ...SIGN_UPS, breakdown: { property: "plan" } };
    const { buckets, series, timezone } = await getTrends(aClient(), query);

    expect([timezone, buckets]).toEqual(["UTC", [`${day}T00:00:00+00:00`]]);
    expect(series).toMatchObject([
      { index: 0, breakdown: { kind: "value", value: "pro" }, total: 3, values: [3] },
      { index: 0, breakdown: { kind: "value", value: "free" }, total: 2, values: [2] },
    ]);
  });

  test("getFunnel returns the users of each step, and listDroppedUsers those who went no further", async () => {
    const client = aClient();
    const { steps } = await getFunnel(client, FUNNEL);
    const dropped = { ...FUNNEL, after_step: 0, limit: 2 };
    const first = await listDroppedUsers(client, dropped);
    const last = await listDroppedUsers(client, dropped, { cursor: first.next_cursor });

    expect(steps).toMatchObject([{ users: 5 }, { users: 2, conversion_overall: 0.4, median_seconds: 3600 }]);
    expect([...first.data, ...last.data].map(({ user_id }) => user_id)).toEqual([
      "user_3",
      "user_4",
      "user_5",
    ]);
    expect(last.next_cursor).toBeNull();
  });

  test("getRetention returns cohorts", async () => {
    const query = {
      ...range,
      start: { event_type: signedUp },
      return: { event_type: paid },
      interval: "day",
      periods: 1,
    } as const;
    const { cohorts, overall } = await getRetention(aClient(), query);

    expect(cohorts).toEqual([{ date: day, size: 5, values: [{ period: 0, users: 2, complete: true }] }]);
    expect(overall).toEqual([{ period: 0, rate: 0.4 }]);
  });

  test("listProperties, listUsers and getUser describe what events contain", async () => {
    const client = aClient();
    const { data: properties } = await listProperties(client, { ...range, event_type: [signedUp] });
    const first = await listUsers(client, { search: "USER_", limit: 3 });
    const last = await listUsers(client, { search: "USER_", limit: 3 }, { cursor: first.next_cursor });
    const user = await getUser(client, "user_1");

    expect(properties).toMatchObject([
      {
        name: "plan",
        types: ["string"],
        values: [
          { value: "pro", events: 3 },
          { value: "free", events: 2 },
        ],
      },
    ]);
    const ids = [...first.data, ...last.data].map(({ user_id }) => user_id);
    expect(new Set(ids)).toEqual(new Set([1, 2, 3, 4, 5].map((number) => `user_${number}`)));
    expect(user).toMatchObject({ user_id: "user_1", events: 2 });
    await expect(getUser(client, "nobody/at all")).rejects.toMatchObject({ status: 404, code: "not_found" });
  });

  test("a result that hasn't changed is the same object, and a changed one is another", async () => {
    const { client, proxy } = await clientBehindFaults(undefined, { apiKey });
    const type = unique("changes");
    const query = { series: [{ event_type: type }] };
    const result = await getTrends(client, query);
    const same = await getTrends(client, query, { previous: result });
    const again = await getTrends(client, query, { previous: same });
    const other = await getTrends(
      client,
      { series: [{ event_type: type, aggregate: "unique_users" }] },
      { previous: result },
    );
    await client.trackEvent({ event_type: type, user_id: "another" });
    const changed = async () => (await getTrends(client, query, { previous: result })).series[0]?.total;

    expect([same === result, again === result, other === result]).toEqual([true, true, false]);
    await expect.poll(changed).toBe(1);
    const sent = proxy.seen.filter(({ path }) => path.endsWith("/trends"));
    const [first, ...tags] = sent.map(({ headers }) => headers["if-none-match"]);
    expect(first).toBeUndefined();
    expect(new Set(tags).size).toBe(1);
    expect(tags[0]).toMatch(/^W\/"/);
  });

  test("an invalid query is rejected with the invalid fields, without a retry", async () => {
    const { client, proxy } = await clientBehindFaults(undefined, { apiKey });
    const query = {
      series: [{ filters: [{ property: "plan", operator: "between" as const, values: [1] }] }],
    };
    const error = await getTrends(client, query).catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(InvalidPayloadError);
    expect((error as ApiError).errors[0]).toMatchObject({ pointer: "/series/0/filters/0/values" });
    expect(proxy.seen.filter(({ path }) => path.endsWith("/trends"))).toHaveLength(1);
  });
});

describe("A query", () => {
  test("shares the access token of the client's other requests", async () => {
    const { client, proxy } = await clientBehindFaults(undefined, { apiKey });
    await Promise.all([client.getCaller(), getTrends(client, SIGN_UPS), getFunnel(client, FUNNEL)]);

    expect(proxy.tokenRequests).toHaveLength(1);
  });

  test("is retried with a new token after a 401", async () => {
    const { client, proxy } = await clientBehindFaults(
      ({ headers }) =>
        headers.authorization === "Bearer revoked" ? { response: { status: 401 } } : undefined,
      {
        apiKey: undefined,
        getToken: async ({ refresh }: { refresh: boolean }) => (refresh ? aToken(apiKey) : "revoked"),
      },
    );
    const { series } = await getTrends(client, SIGN_UPS);

    expect(series[0]!.total).toBe(5);
    expect(proxy.seen).toHaveLength(2);
  });

  test.each([
    ["503", { response: { status: 503, headers: { "Retry-After": "0" } } }],
    ["429", { response: { status: 429, headers: { "Retry-After": "0" } } }],
    ["a cut connection", { cut: "after" as const }],
  ])("is retried after %s", async (_, fault) => {
    let failures = 0;
    const { client } = await clientBehindFaults(
      ({ path }) => (path.endsWith("/trends") && failures++ < 2 ? fault : undefined),
      { apiKey },
    );
    const { series } = await getTrends(client, SIGN_UPS, { timeoutMs: PATIENT_MS });

    expect(series[0]!.total).toBe(5);
  });

  test("is not sent again because it takes longer than the client's timeoutMs", async () => {
    const { client, proxy } = await clientBehindFaults(
      ({ path }) => (path.endsWith("/trends") ? { delayMs: 300 } : undefined),
      { apiKey: undefined, getToken: () => aToken(apiKey), timeoutMs: 50 },
    );
    const { series } = await getTrends(client, SIGN_UPS);

    expect(series[0]!.total).toBe(5);
    expect(proxy.seen).toHaveLength(1);
  });

  test("doesn't delay other reads, however long it takes", async () => {
    const { client, proxy } = await clientBehindFaults(
      ({ path }) => (path.endsWith("/trends") ? { hang: true } : undefined),
      { apiKey, maxInFlight: 1 },
    );
    void getTrends(client, SIGN_UPS);
    await expect.poll(() => proxy.seen.some(({ path }) => path.endsWith("/trends"))).toBe(true);

    expect(await client.getCaller()).toMatchObject({ org_id: "org_initech" });
  });

  test("rejects when its signal aborts, at its time limit, and when the client is closed", async () => {
    const { client, proxy } = await clientBehindFaults(
      ({ path }) => (path.endsWith("/trends") ? { hang: true } : undefined),
      { apiKey },
    );
    const abort = new AbortController();
    const aborted = getTrends(client, SIGN_UPS, { signal: abort.signal });
    const expired = getTrends(client, SIGN_UPS, { timeoutMs: 200 });
    const closed = getTrends(client, SIGN_UPS);
    await expect.poll(() => proxy.seen.some(({ path }) => path.endsWith("/trends"))).toBe(true);
    abort.abort(new Error("enough"));

    await expect(aborted).rejects.toThrow("enough");
    await expect(expired).rejects.toMatchObject({ code: "timeout" });
    await client.close();
    await expect(closed).rejects.toThrow(ClosedError);
    await expect(getTrends(client, SIGN_UPS)).rejects.toThrow(ClosedError);
  });
});

test("A result without an entity tag is fetched again", async () => {
  const fetch = vi.fn<typeof globalThis.fetch>(async () => Response.json({ series: [] }));
  const client = new AnalyticsClient({ getToken: () => "token", baseUrl: "http://api.test", fetch });
  onTestFinished(() => client.close());
  const previous = await getTrends(client, SIGN_UPS);
  const next = await getTrends(client, SIGN_UPS, { previous });

  expect(next).toEqual(previous);
  expect(next).not.toBe(previous);
  expect(fetch).toHaveBeenCalledTimes(2);
});

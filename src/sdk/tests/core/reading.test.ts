import { AnalyticsClient, BadRequestError, InvalidPayloadError, PermissionError } from "@acme/analytics-sdk";
import { beforeAll, describe, expect, inject, test } from "vitest";
import { anEvent, clientBehindFaults, KEY, stored, unique } from "../support/client.ts";

const type = unique("read");
const timestamp = new Date().toISOString(); // all events have the same time, so only their ids order them

beforeAll(async () => {
  const client = new AnalyticsClient({ apiKey: KEY, baseUrl: inject("apiUrl") });
  await client.trackEvents(
    Array.from({ length: 95 }, (_, i) => anEvent(type, i, { event_id: `${type}-${100 + i}`, timestamp })),
  );
});

const pagesOf = (seen: readonly { method: string; path: string }[]) =>
  seen.filter(({ method, path }) => method === "GET" && path.startsWith("/api/v1/events"));

describe("getEvents", () => {
  test("yields every event once, over all pages, newest first", async () => {
    const { client, proxy } = await clientBehindFaults();
    const ids = [];
    for await (const event of client.getEvents({ event_type: type, limit: 10 })) ids.push(event.event_id);

    expect(ids).toEqual(ids.toSorted().toReversed());
    expect(new Set(ids).size).toBe(95);
    expect(pagesOf(proxy.seen).length).toBeGreaterThanOrEqual(10);
  });

  test("passes its filters to the API, including a list of event types", async () => {
    const { client } = await clientBehindFaults();
    const of = (filters: object) =>
      Array.fromAsync(client.getEvents({ event_type: [type, "none"], ...filters }));

    expect(await of({ user_id: "user_3" })).toHaveLength(14);
    expect(await of({ end_date: "2020-01-01", start_date: "2019-12-31" })).toHaveLength(0);
    expect((await of({ order: "asc", limit: 200 })).map(({ event_id }) => event_id)).toEqual(
      (await stored(type)).map(({ event_id }) => event_id),
    );
  });

  test("fetches lazily, one page ahead", async () => {
    const { client, proxy } = await clientBehindFaults();
    const events = client.getEvents({ event_type: type, limit: 10 });
    expect(pagesOf(proxy.seen)).toHaveLength(0);
    let read = 0;
    for await (const _ of events) {
      const requested = Math.min(10, Math.floor(read / 10) + 2);
      await expect.poll(() => pagesOf(proxy.seen).length).toBe(requested);
      read++;
    }

    expect(read).toBe(95);
  });

  test("rejects when its signal aborts, and aborts the request in flight", async () => {
    const { client } = await clientBehindFaults(({ path }) =>
      path.includes("cursor") ? { hang: true } : undefined,
    );
    const abort = new AbortController();
    const events = client.getEvents({ event_type: type, limit: 10 }, { signal: abort.signal });
    for (let i = 0; i < 10; i++) await events.next();
    setTimeout(() => abort.abort(new Error("enough")), 50);

    await expect(events.next()).rejects.toThrow("enough");
    await expect(client.listEvents({}, { signal: AbortSignal.abort() })).rejects.toThrow("abort");
  });

  test("retries a failed page without skipping or repeating an event", async () => {
    let failures = 0;
    const { client } = await clientBehindFaults(({ path }) =>
      path.includes("cursor") && failures++ % 2 === 0 ? { cut: "after" } : undefined,
    );
    const events = await Array.fromAsync(client.getEvents({ event_type: type, limit: 20 }));

    expect(new Set(events.map(({ event_id }) => event_id)).size).toBe(95);
    expect(events).toHaveLength(95);
  });

  test.each([
    [{ cursor: "nonsense" }, BadRequestError, "invalid_cursor"],
    [{ org_id: "org_globex" }, PermissionError, "tenant_mismatch"],
    [{ start_date: "yesterday" }, BadRequestError, "invalid_parameter"],
  ])("with the invalid filters %o rejects with %o", async (filters, Class, code) => {
    const { client } = await clientBehindFaults();
    const { cursor, ...rest } = filters as { cursor?: string };
    const error = await client.listEvents(rest, { cursor }).catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(Class);
    expect(error).toMatchObject({ code, requestId: expect.any(String) as string });
  });
});

describe("getEventTypes", () => {
  test("returns the event types of the range with their counts", async () => {
    const { client } = await clientBehindFaults();
    const counted = async () => {
      const { event_types } = await client.getEventTypes({ start_date: timestamp.slice(0, 10) });
      return event_types.find(({ event_type }) => event_type === type);
    };

    await expect.poll(counted).toEqual({ event_type: type, count: 95 });
    await expect(client.getEventTypes({ start_date: "yesterday" })).rejects.toThrow(BadRequestError);
  });
});

describe("getCaller", () => {
  test("returns the API key that the client uses and its organisation", async () => {
    const { client } = await clientBehindFaults();

    expect(await client.getCaller()).toMatchObject({
      kind: "api_key",
      org_id: "org_acme",
      organizations: [{ org_id: "org_acme" }],
    });
  });
});

describe("getMetricsSummary", () => {
  test("returns a value for every day of the range", async () => {
    const { client } = await clientBehindFaults();
    const today = timestamp.slice(0, 10);
    const metric = `events.${type}`;
    const read = async () =>
      (await client.getMetricsSummary({ start_date: today, end_date: today, metrics: [metric] })).metrics[0]!;
    await expect.poll(async () => (await read()).total).toBe(95);

    expect(await read()).toEqual({
      name: metric,
      kind: "count",
      currency: null,
      total: 95,
      daily: [{ date: today, value: 95 }],
    });
  });

  test("rejects an unknown metric", async () => {
    const { client } = await clientBehindFaults();

    await expect(client.getMetricsSummary({ metrics: ["nonsense"] })).rejects.toThrow(InvalidPayloadError);
  });
});

test("The error of a read includes the wait that the API requires in Retry-After", async () => {
  const headers = { "Retry-After": "30" };
  const { client } = await clientBehindFaults(undefined, {
    fetch: async (url, init) =>
      (url as string).endsWith("/token") ? fetch(url, init) : new Response("", { status: 503, headers }),
  });

  await expect(client.getCaller({ timeoutMs: 5_000 })).rejects.toThrow("HTTP 503 (retry after 30 s)");
});

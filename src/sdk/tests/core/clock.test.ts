// The device's clock is wrong in these tests, and the API's clock is correct.
import { AnalyticsClient, type Event, type EventPayload } from "@acme/analytics-sdk";
import { afterEach, describe, expect, inject, test, vi } from "vitest";
import { Clock } from "../../core/src/events/clock.ts";
import { anEvent, clientBehindFaults, eventsOf, KEY, stored, unique } from "../support/client.ts";

const DAY_MS = 86_400_000;
const offBy = (ms: number): void => void vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + ms });
const distanceMs = ({ timestamp }: Event): number => Math.abs(Date.parse(timestamp) - Date.now());

afterEach(() => vi.useRealTimers());

describe.each([
  ["two days ahead", 2 * DAY_MS],
  ["three hours behind", -3 * 3_600_000],
])("With a clock %s", (_, ms) => {
  test("events that are tracked after the first response are stored with the correct time", async () => {
    const type = unique("clock");
    offBy(ms);
    const client = new AnalyticsClient({ apiKey: KEY, baseUrl: inject("apiUrl"), onError: () => {} });
    await client.trackEvent(anEvent(`${type}_before`)).catch(() => {});
    await client.trackEvent(anEvent(type));
    vi.useRealTimers();
    const [event] = await stored(type);

    expect(distanceMs(event!)).toBeLessThan(60_000);
    expect(event!.clock_skew_ms ?? 0).toBeLessThan(30_000);
    expect(Math.abs(Date.parse(event!.received_at!) - Date.now())).toBeLessThan(60_000);
  });
});

test("If the clock is behind, events before the first response are stored with the device's time and the skew", async () => {
  const type = unique("clock_behind");
  offBy(-3 * 3_600_000);
  const { client, lost: reported } = await clientBehindFaults();
  await client.trackEvent(anEvent(type));
  await client.trackEvent(anEvent(`${type}_next`));
  vi.useRealTimers();
  const [event] = await stored(type);

  expect(Math.round(distanceMs(event!) / 60_000)).toBe(180);
  expect(Math.round(event!.clock_skew_ms! / 60_000)).toBe(180);
  expect(Math.abs(Date.parse(event!.received_at!) - Date.now())).toBeLessThan(60_000);
  expect(reported).toMatchObject([{ error: { code: "clock_skew" }, events: [] }]); // once, although every response warns
  expect(client.stats.dropped).toBe(0);
});

test("If the clock is two days ahead, events before the first response are rejected as timestamp_in_future", async () => {
  offBy(2 * DAY_MS);
  const client = new AnalyticsClient({ apiKey: KEY, baseUrl: inject("apiUrl"), onError: () => {} });

  await expect(client.trackEvent(anEvent(unique("clock_ahead")))).rejects.toMatchObject({
    code: "timestamp_in_future",
  });
});

describe("If the clock is wrong, an event that converts itself to JSON", () => {
  async function storedWithToJson(given: Partial<EventPayload>): Promise<Event> {
    const type = unique("clock_to_json");
    offBy(-3 * 3_600_000);
    const { client } = await clientBehindFaults();
    await client.trackEvent(anEvent(`${type}_first`));
    await client.trackEvent(Object.create({ toJSON: () => anEvent(type, 0, given) }) as never);
    vi.useRealTimers();
    return (await stored(type))[0]!;
  }

  test("is stored with the correct time", async () => {
    const event = await storedWithToJson({});

    expect(distanceMs(event)).toBeLessThan(60_000);
    expect(event.clock_skew_ms ?? 0).toBeLessThan(30_000);
  });

  test("keeps its own timestamp", async () => {
    const timestamp = new Date(Date.now() - DAY_MS).toISOString();
    const event = await storedWithToJson({ timestamp });

    expect(Date.parse(event.timestamp)).toBe(Date.parse(timestamp));
  });
});

test("If the clock is wrong, an event that can't be tracked rejects the call and doesn't throw", async () => {
  offBy(-3 * 3_600_000);
  const { client, lost } = await clientBehindFaults();
  await client.trackEvent(anEvent(unique("clock_invalid")));
  const calls = [null, Object.defineProperty({}, "timestamp", { get: () => JSON.parse("") })].map((event) =>
    client.trackEvent(event as never),
  );
  vi.useRealTimers();

  for (const call of calls) await expect(call).rejects.toMatchObject({ code: "not_json" });
  expect(lost.filter(({ error }) => error.code === "not_json")).toHaveLength(2);
});

test("A retry has the same events and the same idempotency key, but a new X-Analytics-Sent-At", async () => {
  const seen: { readonly sentAt: unknown; readonly key: unknown; readonly events: unknown }[] = [];
  const { client } = await clientBehindFaults((request) => {
    if (request.path !== "/api/v1/events") return undefined;
    const { "x-analytics-sent-at": sentAt, "idempotency-key": key } = request.headers;
    seen.push({ sentAt, key, events: eventsOf(request) });
    return seen.length === 1 ? { response: { status: 503 } } : undefined;
  });
  await client.trackEvent(anEvent(unique("clock_retry")));

  expect(seen).toHaveLength(2);
  expect(seen[0]!.events).toEqual(seen[1]!.events);
  expect(seen[0]!.key).toBe(seen[1]!.key);
  expect(Date.parse(String(seen[1]!.sentAt))).toBeGreaterThan(Date.parse(String(seen[0]!.sentAt)));
});

test("A timestamp from the caller is sent unchanged, even if the clock is wrong", async () => {
  const type = unique("clock_given");
  const timestamp = new Date(Date.now() - DAY_MS).toISOString();
  offBy(2 * DAY_MS);
  const client = new AnalyticsClient({ apiKey: KEY, baseUrl: inject("apiUrl"), onError: () => {} });
  await client.trackEvent(anEvent(`${type}_before`)).catch(() => {});
  await client.trackEvent(anEvent(type, 0, { timestamp }));
  vi.useRealTimers();

  expect(Date.parse((await stored(type))[0]!.timestamp)).toBe(Date.parse(timestamp));
});

test("At the beginning of 1970, where some fake clocks start, an event has a timestamp too", () => {
  expect(new Clock(undefined).timeAt(0)).toBe(`,"timestamp":"1970-01-01T00:00:00.000Z"`);
});

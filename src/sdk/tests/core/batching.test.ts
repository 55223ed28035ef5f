import { describe, expect, test } from "vitest";
import { anEvent, clientBehindFaults, eventsOf, stored, unique } from "../support/client.ts";

describe("Events are sent in batches:", () => {
  test("a batch is sent when it has maxBatchEvents events", async () => {
    const type = unique("count");
    const { client, proxy } = await clientBehindFaults(undefined, { maxBatchEvents: 10, maxDelayMs: 60_000 });
    await Promise.all(Array.from({ length: 20 }, (_, i) => client.trackEvent(anEvent(type, i))));

    expect(proxy.batches.map((batch) => eventsOf(batch).length)).toEqual([10, 10]);
    expect(await stored(type)).toHaveLength(20);
  });

  test("no request is larger than maxBatchBytes", async () => {
    const type = unique("bytes");
    const { client, proxy } = await clientBehindFaults(undefined, { maxBatchBytes: 5_000, maxDelayMs: 50 });
    const big = { properties: { text: "ä".repeat(1_000) } };
    await Promise.all(Array.from({ length: 6 }, (_, i) => client.trackEvent(anEvent(type, i, big))));

    expect(proxy.batches.map((batch) => eventsOf(batch).length)).toEqual([2, 2, 2]);
  });

  test("a batch is sent maxDelayMs after its first event", async () => {
    const type = unique("time");
    const { client, proxy } = await clientBehindFaults(undefined, { maxDelayMs: 100 });
    const started = Date.now();
    await Promise.all([client.trackEvent(anEvent(type, 1)), client.trackEvent(anEvent(type, 2))]);

    expect(proxy.batches).toHaveLength(1);
    expect(proxy.batches[0]!.at - started).toBeGreaterThanOrEqual(95);
  });

  test("trackEvents sends its events immediately, and resolves when all of them are stored", async () => {
    const type = unique("many");
    const { client, proxy } = await clientBehindFaults(undefined, { maxDelayMs: 60_000 });
    await client.trackEvents(Array.from({ length: 250 }, (_, i) => anEvent(type, i)));

    expect(proxy.batches.map((batch) => eventsOf(batch).length).toSorted((a, b) => a - b)).toEqual([
      50, 100, 100,
    ]);
    expect(await stored(type)).toHaveLength(250);
    expect(client.stats).toEqual({ queued: 0, created: 250, duplicates: 0, dropped: 0 });
  });

  test("an event's id, time and properties are those at the time of the call", async () => {
    const type = unique("snapshot");
    const { client } = await clientBehindFaults(undefined, { maxDelayMs: 200 });
    const properties = { plan: "pro" };
    const before = new Date().toISOString();
    const call = client.trackEvent({ event_type: type, user_id: "u", properties });
    const after = new Date().toISOString();
    properties.plan = "changed later";
    await call;
    const [event] = await stored(type);

    expect(event!.properties).toEqual({ plan: "pro" });
    expect(event!.timestamp.slice(0, 23) + "Z" >= before).toBe(true);
    expect(event!.timestamp.slice(0, 23) + "Z" <= after).toBe(true);
    expect(event!.event_id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  test("ids are in the order of the calls, and an id and a timestamp from the caller are kept", async () => {
    const type = unique("ids");
    const { client, proxy } = await clientBehindFaults();
    const mine = { event_id: "order-1", timestamp: new Date().toISOString() };
    await client.trackEvents([
      ...Array.from({ length: 50 }, (_, i) => anEvent(type, i)),
      anEvent(type, 50, mine),
    ]);
    const sent = eventsOf(proxy.batches[0]!);
    const ids = sent.slice(0, 50).map((event) => event.event_id!);

    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(50);
    expect(sent[50]).toMatchObject(mine);
  });

  test("only large bodies are compressed", async () => {
    const type = unique("gzip");
    const { client, proxy } = await clientBehindFaults();
    await client.trackEvents([anEvent(type)]);
    await client.trackEvents(Array.from({ length: 100 }, (_, i) => anEvent(type, i)));
    const [small, large] = proxy.batches;

    expect(small!.headers["content-encoding"]).toBeUndefined();
    expect(large!.headers["content-encoding"]).toBe("gzip");
    expect(large!.wireBytes).toBeLessThan(large!.text.length / 2);
    expect(await stored(type)).toHaveLength(101);
  });

  test("at most four requests are in flight at the same time", async () => {
    const type = unique("parallel");
    const { client, proxy } = await clientBehindFaults(() => ({ delayMs: 50 }), { maxBatchEvents: 5 });
    await client.trackEvents(Array.from({ length: 60 }, (_, i) => anEvent(type, i)));

    expect(proxy.batches).toHaveLength(12);
    expect(proxy.inFlightMax).toBe(4);
  });
});

import { QueueFullError } from "@acme/analytics-sdk";
import { describe, expect, test } from "vitest";
import { anEvent, clientBehindFaults, eventsOf, stored, unique } from "../support/client.ts";

const events = (type: string, count: number) => Array.from({ length: count }, (_, i) => anEvent(type, i));

describe("The queue is bounded:", () => {
  test("trackEvents pauses while the queue is full, and loses no event", async () => {
    const type = unique("wait");
    const { client } = await clientBehindFaults(() => ({ delayMs: 5 }), {
      maxQueueEvents: 20,
      maxBatchEvents: 10,
    });
    const ahead: number[] = [];
    const source = function* () {
      for (const event of events(type, 200)) {
        ahead.push(ahead.length - client.stats.created);
        yield event;
      }
    };
    await client.trackEvents(source());

    expect(ahead).toHaveLength(200);
    expect(Math.max(...ahead)).toBe(19);
    expect(await stored(type)).toHaveLength(200);
  });

  test("the queue is also full when its events exceed maxQueueBytes", async () => {
    const type = unique("bytes");
    const { client } = await clientBehindFaults(undefined, { maxQueueBytes: 1_000, whenFull: "drop" });
    const outcomes = await Promise.allSettled(
      events(type, 20).map((event) => client.trackEvent({ ...event, properties: { text: "x".repeat(300) } })),
    );

    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(2);
  });

  test('with whenFull: "drop", events beyond the limit are rejected, reported and counted', async () => {
    const type = unique("drop");
    const { client, lost } = await clientBehindFaults(undefined, { maxQueueEvents: 10 });
    const calls = events(type, 25).map((event) => client.trackEvent(event, { whenFull: "drop" }));
    const outcomes = await Promise.allSettled(calls);

    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(10);
    expect(lost).toHaveLength(15);
    expect(lost.every(({ error }) => error instanceof QueueFullError)).toBe(true);
    expect(client.stats).toMatchObject({ created: 10, dropped: 15, queued: 0 });
    expect(await stored(type)).toHaveLength(10);
  });

  test("events that are tracked while the queue is full keep their order", async () => {
    const type = unique("order");
    const { client, proxy } = await clientBehindFaults(undefined, {
      maxQueueEvents: 5,
      maxBatchEvents: 5,
      maxInFlight: 1,
    });
    await Promise.all(events(type, 30).map((event) => client.trackEvent(event)));
    const order = proxy.batches
      .flatMap(eventsOf)
      .map(({ properties }) => (properties as { number: number }).number);

    expect(order).toEqual(Array.from({ length: 30 }, (_, i) => i));
  });

  test("a call that nobody awaits never causes an unhandled rejection", async () => {
    const unhandled: unknown[] = [];
    const listen = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", listen);
    const { client } = await clientBehindFaults(undefined, {
      onError: () => {
        throw new Error("the app's own mistake");
      },
    });
    void client.trackEvent(anEvent(""));
    void client.trackEvent(anEvent("x", 0, { properties: { a: 1n } }));
    await client.flush();
    await new Promise(setImmediate); // after the microtasks, when Node looks for unhandled rejections
    process.off("unhandledRejection", listen);

    expect(unhandled).toEqual([]);
  });
});

test("The number of dropped events is reported until the API responds, and then not again", async () => {
  const type = unique("reported");
  const { client, proxy } = await clientBehindFaults(
    ({ path }) => (path === "/api/v1/events" && proxy.batches.length === 1 ? { cut: "after" } : undefined),
    { maxQueueEvents: 1, whenFull: "drop" },
  );
  const calls = [1, 2, 3].map((number) => client.trackEvent(anEvent(type, number)));
  await Promise.allSettled(calls);
  await client.trackEvent(anEvent(type, 4));

  expect(client.stats).toMatchObject({ created: 2, dropped: 2 });
  expect(proxy.batches.map(({ headers }) => headers["x-analytics-dropped"])).toEqual(["2", "2", undefined]);
});

test("The number of dropped events is reported again if the API rejects the batch that carried it", async () => {
  const type = unique("reported_in_halves");
  const { client, proxy } = await clientBehindFaults(undefined, {
    maxQueueEvents: 3,
    maxInFlight: 1, // the halves arrive one after the other
    whenFull: "drop",
  });
  const foreign = anEvent(type, 1, { org_id: "org_globex" });
  await Promise.allSettled(
    [foreign, ...[2, 3, 4].map((n) => anEvent(type, n))].map((e) => client.trackEvent(e)),
  );
  await client.trackEvent(anEvent(type, 5));
  await client.trackEvent(anEvent(type, 6));

  expect(client.stats).toMatchObject({ created: 4, dropped: 2 });
  const reported = proxy.batches.map((batch) => batch.headers["x-analytics-dropped"]);
  const counted = reported.filter(
    (_, index) => !eventsOf(proxy.batches[index]!).some(({ org_id }) => org_id),
  );
  expect(counted.filter(Boolean)).toEqual(["2"]); // in the only accepted batch with a report
  expect(reported.slice(0, 2)).toEqual(["1", "1"]); // the whole batch and its first half, which are both rejected
});

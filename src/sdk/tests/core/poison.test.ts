import { EventRejectedError, PermissionError } from "@acme/analytics-sdk";
import { describe, expect, test } from "vitest";
import { anEvent, clientBehindFaults, eventsOf, stored, unique } from "../support/client.ts";

const valid = (type: string, count: number) => Array.from({ length: count }, (_, i) => anEvent(type, i));

describe("An invalid event never affects the others:", () => {
  test("only the event that the API rejects is reported, with the reason", async () => {
    const type = unique("rejected");
    const { client, proxy, lost } = await clientBehindFaults();
    const calls = [...valid(type, 20), anEvent(type, 20, { user_id: "" }), ...valid(type, 5)].map((event) =>
      client.trackEvent(event),
    );
    const outcomes = await Promise.allSettled(calls);

    expect(outcomes.map(({ status }) => status).indexOf("rejected")).toBe(20);
    expect(await stored(type)).toHaveLength(25);
    expect(proxy.batches).toHaveLength(1);
    expect(lost).toHaveLength(1);
    expect(lost[0]!.error).toBeInstanceOf(EventRejectedError);
    expect(lost[0]!.error).toMatchObject({ code: "string_too_short", pointer: "/user_id" });
    expect(lost[0]!.error.message).toMatch(/^\/user_id ./);
    expect(lost[0]!.events[0]!.user_id).toBe("");
  });

  test("half of a surrogate pair, which cutting a text can leave, is removed", async () => {
    const type = unique("cut");
    const { client, lost } = await clientBehindFaults();
    const text = "Great 😀 \\ud83d".slice(0, 7) + "\\ud83d 😀";
    await client.trackEvent(anEvent(type, 1, { properties: { text, ["cut\udfff"]: 1 } }));

    const [event] = await stored(type);
    expect(event!.properties).toEqual({ text: "Great \\ud83d 😀", cut: 1 });
    expect(lost).toEqual([]);
  });

  test("if all events are invalid, each of them is reported", async () => {
    const { client, lost } = await clientBehindFaults();
    await client.trackEvents([anEvent("", 1), anEvent("", 2)]).catch(() => {});

    expect(lost.map(({ error }) => error.code)).toEqual(["string_too_short", "string_too_short"]);
    expect(client.stats.dropped).toBe(2);
  });

  test("an event of another organisation, for which the API rejects the whole request, is the only one lost", async () => {
    const type = unique("foreign");
    const { client, lost } = await clientBehindFaults();
    const events = valid(type, 16).map((event, i) => (i === 5 ? { ...event, org_id: "org_globex" } : event));
    await expect(client.trackEvents(events)).rejects.toThrow(PermissionError);

    expect(await stored(type)).toHaveLength(15);
    expect(lost.map(({ error }) => error.code)).toEqual(["tenant_mismatch"]);
  });

  test("a batch that is too large is sent in halves, each with its own idempotency key", async () => {
    const type = unique("halves");
    const { client, proxy } = await clientBehindFaults((seen) =>
      seen.path === "/api/v1/events" && eventsOf(seen).length > 10
        ? { response: { status: 413 } }
        : undefined,
    );
    await client.trackEvents(valid(type, 40));
    const passed = proxy.batches.filter((batch) => eventsOf(batch).length === 10);

    expect(passed).toHaveLength(4);
    expect(new Set(proxy.batches.map(({ headers }) => headers["idempotency-key"])).size).toBe(7);
    expect(await stored(type)).toHaveLength(40);
  });

  test("after a 413, all later requests are smaller", async () => {
    const type = unique("smaller");
    const { client, proxy } = await clientBehindFaults(
      (seen) =>
        seen.path === "/api/v1/events" && eventsOf(seen).length > 10
          ? { response: { status: 413 } }
          : undefined,
      { maxBatchEvents: 40, maxInFlight: 1 },
    );
    await client.trackEvents(Array.from({ length: 400 }, (_, i) => anEvent(type, 100 + i)));

    expect(proxy.batches.slice(0, 2).map((batch) => eventsOf(batch).length)).toEqual([40, 20]);
    expect(proxy.batches).toHaveLength(2 + 400 / 10);
    expect(await stored(type)).toHaveLength(400);
  });

  test("an event that isn't JSON or exceeds 32 KiB is rejected without a request", async () => {
    const { client, lost } = await clientBehindFaults();
    const circular: Record<string, unknown> = {};
    circular["self"] = circular;

    await expect(client.trackEvent(anEvent("x", 0, { properties: circular }))).rejects.toThrow("JSON");
    await expect(client.trackEvent(anEvent("x", 0, { properties: { a: 1n } }))).rejects.toThrow("JSON");
    await expect(
      client.trackEvent(anEvent("x", 0, { properties: { text: "ä".repeat(17_000) } })),
    ).rejects.toThrow("32 KiB");
    expect(lost.map(({ error }) => error.code)).toEqual(["not_json", "not_json", "event_too_large"]);
  });

  test("an event that isn't an object, or has no fields, doesn't affect the other events of its batch", async () => {
    const type = unique("shapes");
    const { client, lost } = await clientBehindFaults();
    const shapes = [{}, [], ["event_id"], "text", 7, true].map((shape) => shape as never);
    const good = anEvent(type, 1, { event_id: null, timestamp: null });
    await client.trackEvents([...shapes, good]).catch(() => {});

    expect(lost.map(({ error }) => error.name)).toEqual(shapes.map(() => "EventRejectedError"));
    expect(lost[1]!.error.message).toMatch(/^event must be /);
    const [event] = await stored(type);
    expect(event).toMatchObject({ event_id: expect.stringMatching(/-7/), properties: { number: 1 } });
  });

  test("an event that converts itself to JSON keeps the id and the time of this JSON", async () => {
    const type = unique("to_json");
    const { client, proxy } = await clientBehindFaults();
    const event = {
      toJSON: () => anEvent(type, 1, { event_id: "order-1", timestamp: new Date().toISOString() }),
    };
    await client.trackEvent(event as never);

    expect(await stored(type)).toMatchObject([{ event_id: "order-1", properties: { number: 1 } }]);
    expect(proxy.batches[0]!.text.match(/"event_id"|"timestamp"/g)).toHaveLength(2);
  });

  test("a rejection that lists fewer results than events fails all events of its batch", async () => {
    const body = JSON.stringify({ code: "invalid", results: [] });
    const { client, lost } = await clientBehindFaults(({ path }) =>
      path === "/api/v1/events" ? { response: { status: 403, body } } : undefined,
    );
    await client.trackEvents([anEvent("x", 1), anEvent("x", 2)]).catch(() => {});

    expect(lost.flatMap(({ error, events }) => events.map(() => error.code))).toEqual(["invalid", "invalid"]);
  });
});

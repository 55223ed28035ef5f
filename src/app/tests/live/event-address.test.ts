import { expect, test } from "vitest";
import { addressOfEvent, eventIn } from "../../features/live/event-address";

const EVENT = { timestamp: "2026-11-25T09:30:00.123456Z", event_id: "a & b/c", source: "public" } as const;

test("the address of an event names it", () => {
  const address = new URL(addressOfEvent("/o/org_acme/live", EVENT), "http://localhost");

  expect(address.pathname).toBe("/o/org_acme/live/event");
  expect(eventIn(Object.fromEntries(address.searchParams))).toEqual(EVENT);
});

test("an incomplete or invalid address names no event", () => {
  const valid = { time: EVENT.timestamp, id: "1", source: "trusted" };
  expect(eventIn(valid)).toBeDefined();
  for (const wrong of [
    { time: "2026-11-25" },
    { id: "" },
    { id: ["1", "2"] },
    { source: "other" },
    { time: undefined },
  ])
    expect(eventIn({ ...valid, ...wrong })).toBeUndefined();
});

import { AnalyticsClient } from "@acme/analytics-sdk";
import { expect, onTestFinished, test, vi } from "vitest";
import { uuidv7 } from "../../core/src/util/ids.ts";
import { anEvent, eventsOf, KEY } from "../support/client.ts";

test("A thousand ids of one millisecond are different and in order", () => {
  const ids = Array.from({ length: 1_000 }, () => uuidv7(0));

  expect(new Set(ids.map((id) => id.slice(19))).size).toBe(1_000);
  expect(ids.toSorted()).toEqual(ids);
});

test("trackEvent generates no ids; they are generated from the time of the call when the batch is sent", async () => {
  vi.useFakeTimers({ now: new Date("2026-03-01T12:00:00Z") });
  onTestFinished(() => void vi.useRealTimers());
  const draw = vi.spyOn(crypto, "getRandomValues");
  const bodies: string[] = [];
  const api: typeof fetch = async (url, init) => {
    if ((url as string).endsWith("/token")) return Response.json({ access_token: "t", expires_in: 900 });
    bodies.push(init!.body as string);
    return Response.json({ results: eventsOf({ text: bodies[0]! }).map(() => ({ status: "created" })) });
  };
  const client = new AnalyticsClient({
    apiKey: KEY,
    baseUrl: "http://api.test",
    fetch: api,
    gzipFromBytes: Infinity,
  });
  for (let number = 0; number < 50; number++) void client.trackEvent(anEvent("x", number));
  expect(draw).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1_000);
  await client.close();

  const sent = eventsOf({ text: bodies[0]! });
  expect(new Set(sent.map(({ timestamp }) => timestamp))).toEqual(new Set(["2026-03-01T12:00:00.000Z"]));
  const ids = sent.map(({ event_id }) => event_id!);
  expect(ids.toSorted()).toEqual(ids);
  expect(parseInt(ids[0]!.slice(0, 13).replace("-", ""), 16)).toBe(Date.parse("2026-03-01T12:00:00Z"));
});

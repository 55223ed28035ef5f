// An organisation of a real API with a monthly quota that the client uses up.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AnalyticsClient, RateLimitError } from "@acme/analytics-sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROOT, startApi } from "../support/api.ts";
import { anEvent, clientBehindFaults, PATIENT_MS } from "../support/client.ts";

const ORG = "org_quota";
const QUOTA = 20;
const data = mkdtempSync(join(tmpdir(), "quota-tests-"));
const environment = { ...process.env, ANALYTICS_DATA_DIR: data };
let api: Awaited<ReturnType<typeof startApi>>;
let apiKey: string;

function analytics(...command: string[]): string {
  const run = ["run", "--quiet", "analytics", ...command];
  return execFileSync("uv", run, { cwd: ROOT, env: environment, encoding: "utf8" });
}

async function stored(): Promise<number> {
  const client = new AnalyticsClient({ apiKey, baseUrl: api.url, timeoutMs: PATIENT_MS });
  return (await Array.fromAsync(client.getEvents())).length;
}

beforeAll(async () => {
  analytics("organization", "create", ORG, "--name", "Quota");
  analytics("organization", "set-quota", ORG, "--events", String(QUOTA));
  apiKey = (JSON.parse(analytics("key", "create", ORG, "--name", "sdk", "--json")) as { api_key: string })
    .api_key;
  api = await startApi(data);
});

afterAll(async () => {
  await api?.stop();
  rmSync(data, { recursive: true, force: true });
});

describe("If an organisation has used up its monthly quota,", () => {
  test("every event is either stored, or rejected and reported once as quota_exceeded", async () => {
    const { client, proxy, lost } = await clientOf({ maxBatchEvents: 5, retryForMs: 0 });
    const calls = Array.from({ length: QUOTA + 5 }, (_, index) => client.trackEvent(anEvent("quota", index)));
    const settled = await Promise.allSettled(calls);
    const rejected = settled.filter((call) => call.status === "rejected");

    expect(rejected).toHaveLength(5);
    for (const { reason } of rejected) {
      expect(reason).toBeInstanceOf(RateLimitError);
      expect(reason).toMatchObject({ code: "quota_exceeded", retryAfterMs: expect.any(Number) });
    }
    expect(lost.flatMap(({ error, events }) => events.map(() => error))).toEqual(
      rejected.map(({ reason }) => reason as unknown),
    );
    expect(client.stats).toMatchObject({ created: QUOTA, dropped: 5, queued: 0 });
    expect(proxy.batches).toHaveLength(QUOTA / 5 + 1);
    expect(await stored()).toBe(QUOTA);
  });

  test("further events are kept without further requests, and reported when the client closes", async () => {
    const { client, proxy, lost } = await clientOf();
    const calls = Array.from({ length: 5 }, (_, index) => client.trackEvent(anEvent("kept", index)));
    const settled = Promise.allSettled(calls);
    await expect.poll(() => proxy.batches.length).toBe(1);
    await sleep(1_500);

    expect(proxy.batches).toHaveLength(1);
    expect(lost).toEqual([]);
    await client.close({ timeoutMs: 100 });
    expect((await settled).map(({ status }) => status)).toEqual(Array(5).fill("rejected"));
    expect(lost.flatMap(({ events }) => events)).toHaveLength(5);
    expect(client.stats).toMatchObject({ created: 0, dropped: 5, queued: 0 });
    expect(await stored()).toBe(QUOTA);
  });
});

function clientOf(options: object = {}) {
  return clientBehindFaults(undefined, { apiKey, ...options }, AnalyticsClient, api.url);
}

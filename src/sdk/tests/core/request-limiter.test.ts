import { ApiError, NetworkError } from "@acme/analytics-sdk";
import { expect, test } from "vitest";
import { RequestLimiter } from "../../core/src/transport/request-limiter.ts";

const PARALLEL = 4;

/** Run requests one after another that all end with this error, or succeed. */
async function run(limiter: RequestLimiter, count: number, error?: Error): Promise<void> {
  for (let i = 0; i < count; i++) limiter.leave(await limiter.enter(), false, error);
}

/** Return how many requests can start now. */
async function startable(limiter: RequestLimiter): Promise<number> {
  const periods: number[] = [];
  for (let i = 0; i < 2 * PARALLEL; i++) void limiter.enter().then((period) => periods.push(period));
  await new Promise((resolve) => setImmediate(resolve));
  return periods.length;
}

function newLimiter(): RequestLimiter {
  return new RequestLimiter({ maxInFlight: PARALLEL, backoffBaseMs: 0, backoffMaxMs: 0 });
}

test("After a 429, the number of parallel requests grows slowly", async () => {
  const limiter = newLimiter();
  await run(limiter, 1);
  await run(limiter, 1, new ApiError(429, {}));
  await run(limiter, 16);

  expect(await startable(limiter)).toBe(2);
});

test("Once it has recovered from a 429, it recovers from other failures at once", async () => {
  const limiter = newLimiter();
  await run(limiter, 1, new ApiError(429, {}));
  await run(limiter, 16 * (PARALLEL - 1));
  await run(limiter, 1, new NetworkError("network", "unreachable"));
  await run(limiter, 1);

  expect(await startable(limiter)).toBe(PARALLEL);
});

import type { EventOutcome, IngestAnswer } from "./api.gen.ts";
import type { Entry } from "./entry.ts";
import { AnalyticsError, ApiError, asAnalyticsError, EventRejectedError, statusOf } from "./errors.ts";
import { JSON_TYPE, type Message } from "./http.ts";
import { uuidv7 } from "./ids.ts";
import type { ClientParts } from "./runtime.ts";

/** What became of an event: stored now, stored before, or an error. */
export type Verdict = "created" | "duplicate" | AnalyticsError;
export type Settle = (entry: Entry, verdict: Verdict) => void;

/** A little more than half: the halves of unequal events are unequal. */
const HALF = 0.51;

/** Sends the batch and settles every event of it by its own result. Never rejects. */
export async function deliver(batch: readonly Entry[], client: ClientParts): Promise<void> {
  const { queue } = client;
  let sent = [...batch];
  let message: Promise<Message> | undefined;
  const pack = (): Promise<Message> | undefined => {
    if (message) return message;
    sent = sent.filter((entry) => queue.unsettled.has(entry)); // the page may have delivered some by now
    let room = queue.requestBytesMax;
    const end = sent.findIndex((entry, index) => (room -= entry.bytes) < 0 && index);
    if (end > 0) void deliver(sent.splice(end), client);
    if (sent.length) message = packed(sent, client);
    return message;
  };
  try {
    const answer = await client.http.send<IngestAnswer>({ path: "/api/v1/events", message: pack });
    if (answer) settleEach(sent, answer.results, client.settle);
  } catch (error) {
    await fail(sent, error, client);
  }
}

/** The idempotency key is one for the batch, whatever the number of tries. */
async function packed(entries: readonly Entry[], client: ClientParts): Promise<Message> {
  const json = `{"events":[${entries.map((entry) => entry.json).join()}]}`;
  const { body, headers } = await client.pack(json, entries);
  return { body, headers: { ...JSON_TYPE, ...headers, "Idempotency-Key": `"${uuidv7(Date.now())}"` } };
}

/** Nothing of the batch is stored: look for the events at fault, or refuse them all. */
async function fail(sent: readonly Entry[], cause: unknown, client: ClientParts): Promise<void> {
  const error = asAnalyticsError(cause);
  if (error instanceof ApiError && error.results) {
    settleEach(sent, error.results, client.settle);
  } else if (sent.length > 1 && isFaultOfSome(error)) {
    const bytes = sent.reduce((sum, entry) => sum + entry.bytes, 0);
    if (statusOf(error) === 413) client.queue.requestBytesMax = bytes * HALF;
    const half = sent.length >> 1;
    await Promise.all([deliver(sent.slice(0, half), client), deliver(sent.slice(half), client)]);
  } else {
    for (const entry of sent) client.settle(entry, error);
  }
}

/** Settles every entry by its own result. */
export function settleEach(
  entries: readonly Entry[],
  results: readonly EventOutcome[],
  settle: Settle,
): void {
  entries.forEach((entry, index) => settle(entry, verdictOf(results[index])));
}

function verdictOf(result: EventOutcome | undefined): Verdict {
  if (!result) return new AnalyticsError("no_result", "No result.");
  return result.status === "rejected" ? new EventRejectedError(result.error!) : result.status;
}

/** Whether parts of the batch may fare better alone. */
function isFaultOfSome(error: AnalyticsError): boolean {
  return [400, 413, 422].includes(statusOf(error)) || error.code === "tenant_mismatch";
}

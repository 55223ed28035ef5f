import type { EventOutcome, IngestAnswer } from "./api.gen.ts";
import type { Entry } from "./entry.ts";
import { AnalyticsError, ApiError, asAnalyticsError, EventRejectedError } from "./errors.ts";
import { gzip } from "./gzip.ts";
import type { Http } from "./http.ts";
import { uuidv7 } from "./ids.ts";
import type { Settings } from "./options.ts";

/** What became of an event: stored now, stored before, or an error. */
export type Verdict = "created" | "duplicate" | AnalyticsError;
export type Settle = (entry: Entry, verdict: Verdict) => void;

/** Sends batches and settles every event of them by its own result. Never rejects. */
export class Delivery {
  readonly #http: Http;
  readonly #settings: Settings;
  readonly #settle: Settle;

  constructor(http: Http, settings: Settings, settle: Settle) {
    this.#http = http;
    this.#settings = settings;
    this.#settle = settle;
  }

  async send(batch: readonly Entry[]): Promise<void> {
    let sent: readonly Entry[] = batch;
    let body: Promise<BodyInit | undefined> | undefined;
    const pack = (): Promise<BodyInit | undefined> => {
      sent = batch.filter((entry) => !entry.isSettled); // the page may have delivered some by now
      return sent.length ? this.#pack(sent) : Promise.resolve(undefined);
    };
    const isGzip = this.#isGzip(batch);
    try {
      const answer = await this.#http.send<IngestAnswer>({
        method: "POST",
        path: "/api/v1/events",
        headers: {
          "Content-Type": "application/json",
          "Idempotency-Key": `"${uuidv7(Date.now())}"`, // one for the batch, whatever the number of tries
          ...(isGzip && { "Content-Encoding": "gzip" }),
        },
        body: () => (body ??= pack()),
        attempts: Infinity,
        retryForMs: this.#settings.retryForMs,
      });
      if (answer) settleEach(sent, answer.results, this.#settle);
    } catch (error) {
      await this.#fail(sent, error);
    }
  }

  /** Nothing of the batch is stored: look for the events at fault, or refuse them all. */
  async #fail(sent: readonly Entry[], error: unknown): Promise<void> {
    if (error instanceof ApiError && error.results) {
      settleEach(sent, error.results, this.#settle);
    } else if (sent.length > 1 && isFaultOfSome(error)) {
      const half = sent.length >> 1;
      await Promise.all([this.send(sent.slice(0, half)), this.send(sent.slice(half))]);
    } else {
      const reason = asAnalyticsError(error);
      for (const entry of sent) this.#settle(entry, reason);
    }
  }

  #isGzip(batch: readonly Entry[]): boolean {
    return (
      typeof CompressionStream === "function" &&
      batch.reduce((bytes, entry) => bytes + entry.bytes, 0) >= this.#settings.gzipFromBytes
    );
  }

  async #pack(sent: readonly Entry[]): Promise<BodyInit> {
    const json = `{"events":[${sent.map((entry) => entry.json).join()}]}`;
    return this.#isGzip(sent) ? gzip(json) : json;
  }
}

/** Settles every entry by its own result. */
export function settleEach(
  entries: readonly Entry[],
  results: readonly EventOutcome[],
  settle: Settle,
): void {
  for (const [index, entry] of entries.entries()) settle(entry, verdictOf(results[index]));
}

function verdictOf(result: EventOutcome | undefined): Verdict {
  if (!result) return new AnalyticsError("no_result", "The API did not say what became of the event.");
  return result.status === "rejected" ? new EventRejectedError(result.error!) : result.status;
}

/** Whether parts of the batch may fare better alone. */
function isFaultOfSome(error: unknown): boolean {
  return (
    error instanceof ApiError && ([400, 413, 422].includes(error.status) || error.code === "tenant_mismatch")
  );
}

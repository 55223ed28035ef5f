import type { EventOutcome } from "../api.gen.ts";
import { type AnalyticsError, ApiError, asAnalyticsError, EventRejectedError, statusOf } from "../errors.ts";
import type { Settings } from "../options.ts";
import type { Http, Message } from "../transport/http.ts";
import { uuidv7 } from "../util/ids.ts";
import type { Entry } from "./entry.ts";
import { Queue } from "./queue.ts";

/** The result for an event: stored now, stored before, or an error. */
export type Verdict = "created" | "duplicate" | AnalyticsError;
/** Create the request that carries these events. */
export type Pack = (json: string, entries: readonly Entry[]) => Message | Promise<Message>;
export type Settle = (entry: Entry, verdict: Verdict) => void;

export interface IngestResponse {
  readonly results: readonly EventOutcome[];
}

/** A queue that sends its batches to the API and settles every event with its own result. */
export class Delivery extends Queue {
  readonly #send: Http["send"];
  readonly #pack: Pack;
  readonly #settle: Settle;

  constructor(settings: Settings, send: Http["send"], pack: Pack, settle: Settle) {
    super(settings);
    this.#send = send;
    this.#pack = pack;
    this.#settle = settle;
  }

  override async deliver(batch: readonly Entry[]): Promise<void> {
    let sent: readonly Entry[] = batch;
    let packed: Promise<Message> | undefined;
    const message = (): Promise<Message> | undefined => {
      if (packed) return packed;
      sent = batch.filter((entry) => this.unsettled.has(entry)); // others were settled in the meantime
      let room = this.bytesMax;
      const end = sent.findIndex((entry, index) => (room -= entry.bytes) < 0 && index);
      if (end > 0) {
        void this.deliver(sent.slice(end));
        sent = sent.slice(0, end);
      }
      if (sent.length) packed = this.#message(sent);
      return packed;
    };
    try {
      const response = await this.#send<IngestResponse>({ path: "/api/v1/events", message });
      if (response) this.settleEach(sent, response.results);
    } catch (error) {
      await this.#fail(sent, error);
    }
  }

  /** Settle every event with its own result. Throw if a result is missing. */
  settleEach(entries: readonly Entry[], results: readonly EventOutcome[]): void {
    for (const [index, entry] of entries.entries()) this.#settle(entry, verdictOf(results[index]!));
  }

  /** Create the request for a batch. All attempts use its idempotency key. */
  async #message(entries: readonly Entry[]): Promise<Message> {
    const json = `{"events":[${entries.map((entry) => entry.json).join()}]}`;
    const { headers, ...message } = await this.#pack(json, entries);
    return { ...message, headers: { ...headers, "Idempotency-Key": `"${uuidv7(Date.now())}"` } };
  }

  /** Handle a batch that was not stored. Send it in halves to find the invalid events, or reject all events. */
  async #fail(sent: readonly Entry[], cause: unknown): Promise<void> {
    const error = asAnalyticsError(cause);
    if (error instanceof ApiError && error.results) {
      this.settleEach(sent, error.results);
    } else if (sent.length > 1 && affectsOnlyThisRequest(error)) {
      const bytes = sent.reduce((sum, entry) => sum + entry.bytes, 0);
      if (statusOf(error) === 413) this.bytesMax = 0.51 * bytes; // the halves differ in size
      const half = sent.length >> 1;
      await Promise.all([this.deliver(sent.slice(0, half)), this.deliver(sent.slice(half))]);
    } else {
      for (const entry of sent) this.#settle(entry, error);
    }
  }
}

function verdictOf(result: EventOutcome): Verdict {
  return result.status === "rejected" ? new EventRejectedError(result.error!) : result.status;
}

/** Return whether a smaller part of the batch may be accepted. */
function affectsOnlyThisRequest(error: AnalyticsError): boolean {
  return [400, 413, 422].includes(statusOf(error)) || error.code === "tenant_mismatch";
}

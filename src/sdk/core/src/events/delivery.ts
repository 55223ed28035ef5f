import type { EventOutcome, IngestResponse } from "../api.gen.ts";
import { AnalyticsError, type ApiError, asAnalyticsError, EventRejectedError, statusOf } from "../errors.ts";
import type { Settings } from "../options.ts";
import type { Http, Message } from "../transport/http.ts";
import { uuidv7 } from "../util/ids.ts";
import type { Entry } from "./entry.ts";
import { Queue } from "./queue.ts";

/** The result for an event: stored now, stored before, or an error. */
export type Verdict = "created" | "duplicate" | AnalyticsError;
type Results = Pick<IngestResponse, "results" | "warnings">;

/** The part of a tracker that its queue uses. */
export interface DeliveryHost {
  readonly send: Http["send"];
  /** Create the request that carries these events. */
  pack(json: string, entries: readonly Entry[]): Message | Promise<Message>;
  settle(entries: readonly Entry[], verdict: Verdict): void;
  report(warning: AnalyticsError): void;
}

/** A queue that sends its batches to the API and settles every event with its own result. */
export class Delivery extends Queue {
  readonly #host: DeliveryHost;

  constructor(settings: Settings, host: DeliveryHost) {
    super(settings);
    this.#host = host;
  }

  override async deliver(batch: readonly Entry[]): Promise<void> {
    let sent: readonly Entry[] = batch;
    let packed: Promise<Message> | undefined;
    const message = (): Promise<Message> => {
      if (packed) return packed;
      sent = batch.filter((entry) => this.unsettled.has(entry)); // others were settled in the meantime
      let room = this.bytesMax;
      const end = sent.findIndex((entry, index) => (room -= entry.bytes) < 0 && index);
      if (end > 0) {
        void this.deliver(sent.slice(end));
        sent = sent.slice(0, end);
      }
      return (packed = sent.length ? this.#message(sent) : Promise.reject());
    };
    try {
      const response = await this.#host.send<IngestResponse>({ path: "/api/v1/events", message });
      this.settleEach(sent, response);
    } catch (error) {
      this.#fail(sent, error);
    }
  }

  /** Settle every event with its own result, and report the warnings. Throw if a result is missing. */
  settleEach(entries: readonly Entry[], { results, warnings }: Results): void {
    entries.forEach((entry, index) => this.#host.settle([entry], verdictOf(results[index]!)));
    warnings?.forEach(({ code, detail }) => this.#host.report(new AnalyticsError(code, detail)));
  }

  /** Create the request for a batch. All attempts use its idempotency key. */
  async #message(entries: readonly Entry[]): Promise<Message> {
    const json = `{"events":[${entries.map((entry) => entry.json).join()}]}`;
    const message = await this.#host.pack(json, entries);
    return { ...message, headers: { ...message.headers, "Idempotency-Key": `"${uuidv7(0)}"` } };
  }

  /** Handle a batch that was not stored. Send it in halves to find the invalid events, or reject all events. */
  #fail(sent: readonly Entry[], cause: unknown): void {
    const error = asAnalyticsError(cause);
    const response = error as ApiError;
    const mayAcceptParts = [400, 413, 422].includes(statusOf(error)) || error.code === "tenant_mismatch";
    if (response.results?.length === sent.length) {
      this.settleEach(sent, response as Results);
    } else if (sent.length > 1 && mayAcceptParts) {
      // a little more than half, as the halves differ in size
      if (statusOf(error) === 413) this.bytesMax = sent.reduce((sum, entry) => sum + 0.51 * entry.bytes, 0);
      const half = sent.length >> 1;
      void this.deliver(sent.slice(0, half));
      void this.deliver(sent.slice(half));
    } else {
      this.#host.settle(sent, error);
    }
  }
}

function verdictOf(result: EventOutcome): Verdict {
  return result.error ? new EventRejectedError(result.error) : (result.status as "created" | "duplicate");
}

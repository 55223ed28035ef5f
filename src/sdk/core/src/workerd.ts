// What bundlers for Cloudflare Workers take in place of index.ts, by the export condition `workerd`.
import { AnalyticsClient as Client } from "./client.ts";
import type { AnalyticsClientOptions } from "./options.ts";
import { RequestBound } from "./request-bound.ts";
import type { AnyEvents } from "./types.ts";

export * from "./index.ts";

/** The client of every platform, where one request can't wait for work of another. */
export class AnalyticsClient<Events extends object = AnyEvents> extends Client<Events> {
  constructor(options: AnalyticsClientOptions) {
    super({ runtime: new RequestBound(), ...options });
  }
}

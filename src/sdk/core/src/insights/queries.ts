import type { AnalyticsClient } from "../client.ts";
import { ClosedError, statusOf } from "../errors.ts";
import type { ReadOptions } from "../options.ts";
import type { Message } from "../transport/http.ts";
import { Reads } from "../transport/reads.ts";
import { awaited, optional } from "../util/timers.ts";
import type { QueryOptions } from "./types.ts";

export type AnyClient = AnalyticsClient<any>; // with any event map

/** Longer than the API works on a query, which is 20 seconds. */
const TIMEOUT_MS = 30_000;

/** A message whose sender needs the headers of the response. */
interface Query extends Message {
  readonly received: (response: Response) => void;
}

const queries = new WeakMap<Reads, Reads>();
const entityTags = new WeakMap<object, string>();

/** Send a query. Return `previous`, which is the same object, if the result hasn't changed. */
export function post<Result extends object>(
  client: AnyClient,
  path: string,
  query: object,
  { previous, ...options }: QueryOptions<Result> = {},
): Promise<Result> {
  const tag = previous && entityTags.get(previous);
  let newTag: string | null;
  const message: Query = {
    body: JSON.stringify(query),
    ...(tag && { headers: { "If-None-Match": tag } }),
    received: ({ headers }) => (newTag = headers.get("ETag")),
  };
  const read = async (): Promise<Result> => {
    try {
      const result = await send<Result>(client, path, options, async () => message);
      if (newTag) entityTags.set(result, newTag);
      return result;
    } catch (error) {
      if (statusOf(error) === 304) return previous!;
      throw error;
    }
  };
  return optional(awaited(read()));
}

/** Return the JSON at the path. */
export function get<Result>(client: AnyClient, path: string, options: ReadOptions = {}): Promise<Result> {
  return optional(awaited(send<Result>(client, path, options)));
}

async function send<Result>(
  client: AnyClient,
  path: string,
  { timeoutMs = TIMEOUT_MS, ...options }: ReadOptions,
  message?: () => Promise<Message>,
): Promise<Result> {
  if (client["closing"]) throw new ClosedError("closed", "The client is closed.");
  return queriesOf(client).get<Result>(path, { timeoutMs, ...options }, message);
}

/**
 * Return the object that sends the client's queries. It differs from that of the client's other reads, because these
 * must not wait for queries, and because a query that takes long must not be sent again.
 */
function queriesOf(client: AnyClient): Reads {
  const reads = client["reads"](); // the client for Workers creates one for each call
  const found = queries.get(reads);
  if (found) return found;
  const { fetch: own = fetch, ...settings } = client["settings"];
  const received: typeof fetch = async (url, init) => {
    const response = await own(url, init);
    (init as Partial<Query>).received?.(response);
    return response;
  };
  const created = new Reads({ ...settings, fetch: received, timeoutMs: Infinity }, client["http"]);
  queries.set(reads, created);
  return created;
}

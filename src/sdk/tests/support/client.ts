import { AnalyticsClient, type AnalyticsError, type Event, type EventPayload } from "@acme/analytics-sdk";
import { inject, onTestFinished } from "vitest";
import { type Faults, FaultProxy } from "./fault-proxy.ts";

export const KEY = "ak_local_acme";

type Options = Partial<ConstructorParameters<typeof AnalyticsClient>[0]>;

let names = 0;

/** Return a name that no other test uses. */
export function unique(prefix: string): string {
  return `${prefix}_${process.pid}_${Date.now().toString(36)}_${names++}`;
}

/** Return an event of this type. Different numbers make different events. */
export function anEvent(event_type: string, number = 0, more: Partial<EventPayload> = {}): EventPayload {
  return { event_type, user_id: `user_${number % 7}`, properties: { number }, ...more };
}

/**
 * Create a client whose requests go through a fault proxy. The client retries quickly, so that tests are fast. Both are
 * closed at the end of the test. `lost` collects the calls of `onError`.
 */
export async function clientBehindFaults(
  faults: Faults = () => undefined,
  options: Options = {},
  Client = AnalyticsClient,
  apiUrl = inject("apiUrl"),
) {
  const proxy = await FaultProxy.before(apiUrl);
  proxy.faults = faults;
  const lost: { error: AnalyticsError; events: readonly EventPayload[] }[] = [];
  const client = new Client({
    apiKey: KEY,
    baseUrl: proxy.url,
    backoffBaseMs: 20,
    onError: (error, events) => lost.push({ error, events }),
    ...options,
  } as ConstructorParameters<typeof AnalyticsClient>[0]);
  onTestFinished(async () => {
    await client.close({ timeoutMs: 50 });
    await proxy.close();
  });
  return { client, proxy, lost };
}

/** Return an access token for the API key. */
export async function aToken(apiKey = KEY): Promise<string> {
  const response = await fetch(`${inject("apiUrl")}/api/v1/auth/token`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ api_key: apiKey }),
  });
  return ((await response.json()) as { access_token: string }).access_token;
}

/** The time limit for reads in tests. It is long, so that a busy machine does not fail a test. */
export const PATIENT_MS = 60_000;

/** Return all stored events of this type, read without faults. */
export async function stored(event_type: string): Promise<Event[]> {
  const client = new AnalyticsClient({ apiKey: KEY, baseUrl: inject("apiUrl"), timeoutMs: PATIENT_MS });
  return Array.fromAsync(
    client.getEvents({ event_type, limit: 200, order: "asc" }, { timeoutMs: PATIENT_MS }),
  );
}

/** Return the events in the body of a request. */
export function eventsOf(seen: { readonly text: string }): EventPayload[] {
  return (JSON.parse(seen.text) as { events: EventPayload[] }).events;
}

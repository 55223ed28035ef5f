import { AnalyticsClient } from "./client.ts";
import { entryOf, payloadOf } from "./events/entry.ts";
import { asAnalyticsError } from "./errors.ts";
import { PATHS } from "./insights/paths.ts";
import type {
  DroppedUserList,
  FunnelResult,
  PropertyList,
  RetentionResult,
  TrendsResult,
  UserList,
  UserProfile,
} from "./insights/types.ts";
import type { ClientStats } from "./tracker.ts";
import type {
  AnyEvents,
  Caller,
  Event,
  EventFilters,
  EventList,
  EventPayload,
  EventTypeList,
  EventTypesParams,
  MetricsParams,
  MetricsSummary,
} from "./types.ts";

/** The data that a test client returns. */
export interface TestData {
  /** Events that exist from the start. */
  readonly events?: readonly Event[];
  readonly metrics?: MetricsSummary;
  readonly caller?: Caller;
  /** What the functions of `@acme/analytics-sdk/insights` return; by default, results without events. */
  readonly insights?: Partial<TestInsights>;
}

/** The results of the functions of `@acme/analytics-sdk/insights`. */
export interface TestInsights {
  readonly getTrends: TrendsResult;
  readonly getFunnel: FunnelResult;
  readonly getRetention: RetentionResult;
  readonly listDroppedUsers: DroppedUserList;
  readonly listProperties: PropertyList;
  readonly listUsers: UserList;
  readonly getUser: UserProfile;
}

const URL_OF_TESTS = "http://analytics.test";
const ORG = "org_test";
const PAGE_SIZE = 50;

/**
 * A client for tests. It records events when they are tracked, returns them from reads, and never uses the network
 * or a timer. It rejects invalid events like the real client.
 */
export class TestClient<Events extends object = AnyEvents> extends AnalyticsClient<Events> {
  readonly #data: TestData;
  #events: readonly Event[] = [];
  #tracked: readonly Event[] = [];

  constructor(data: TestData = {}) {
    const insights = { ...NO_INSIGHTS, ...data.insights };
    super({
      getToken: () => "",
      baseUrl: URL_OF_TESTS,
      fetch: async (url) => responseOf(insights, url as string),
    });
    this.#data = data;
    this.reset();
  }

  /** The events tracked since the start or the last `reset`, oldest first. */
  get tracked(): readonly Event[] {
    return this.#tracked;
  }

  override get stats(): ClientStats {
    return { queued: 0, created: this.#tracked.length, duplicates: 0, dropped: 0 };
  }

  /** Remove all tracked events. */
  reset(): void {
    this.#tracked = [];
    this.#events = this.#data.events ?? [];
  }

  override trackEvent(event: EventPayload<Events>): Promise<void> {
    try {
      const recorded = storedEvent(event as EventPayload);
      this.#tracked = [...this.#tracked, recorded];
      this.#events = [...this.#events, recorded];
      return Promise.resolve();
    } catch (cause) {
      const refusal = Promise.reject(asAnalyticsError(cause));
      refusal.catch(() => {}); // as with the real client
      return refusal;
    }
  }

  override async trackEvents(events: Iterable<EventPayload<Events>>): Promise<void> {
    await Promise.all([...events].map((event) => this.trackEvent(event)));
  }

  override async flush(): Promise<void> {}

  override async close(): Promise<void> {}

  override async listEvents(
    filters: EventFilters = {},
    { cursor }: { cursor?: string | undefined } = {},
  ): Promise<EventList> {
    const { limit = PAGE_SIZE, order } = filters;
    const found = this.#events
      .filter((event) => matches(event, filters))
      .sort(byTime(order === "asc" ? 1 : -1));
    const from = Number(cursor ?? 0);
    const data = found.slice(from, from + limit);
    return { data, next_cursor: from + limit < found.length ? String(from + limit) : null };
  }

  override async getMetricsSummary(params: MetricsParams = {}): Promise<MetricsSummary> {
    return this.#data.metrics ?? { ...rangeOf(params), metrics: [] };
  }

  override async getEventTypes(params: EventTypesParams = {}): Promise<EventTypeList> {
    const range = rangeOf(params);
    const found = this.#events.filter((event) => matches(event, params)).map(({ event_type }) => event_type);
    const counts = [...new Set(found)].map((event_type) => ({
      event_type,
      count: found.filter((one) => one === event_type).length,
    }));
    return { ...range, event_types: counts.sort((a, b) => b.count - a.count) };
  }

  override async getCaller(): Promise<Caller> {
    const { caller } = this.#data;
    return (
      caller ?? {
        subject: "pk_test",
        kind: "api_key",
        org_id: ORG,
        role: null,
        scopes: [],
        organizations: [],
      }
    );
  }
}

const complete_through = null;
const NO_INSIGHTS: Omit<TestInsights, "getUser"> = {
  getTrends: { complete_through, timezone: "UTC", interval: "day", buckets: [], series: [] },
  getFunnel: { complete_through, steps: [] },
  getRetention: { complete_through, cohorts: [], overall: [] },
  listDroppedUsers: { complete_through, data: [], next_cursor: null },
  listProperties: { complete_through, data: [] },
  listUsers: { complete_through, data: [], next_cursor: null },
};

/** Return the response to a request for insights. Test environments such as jsdom have no `Response`. */
function responseOf(insights: Partial<TestInsights>, url: string): Response {
  const path = url.slice(URL_OF_TESTS.length).split("?", 1)[0];
  const names = Object.keys(PATHS) as (keyof TestInsights)[];
  const found = insights[names.find((name) => PATHS[name] === path) ?? "getUser"];
  const json = async (): Promise<object> => found ?? { code: "not_found", detail: "There is no such user." };
  return { ok: Boolean(found), status: found ? 200 : 404, headers: new Map(), json } as unknown as Response;
}

function storedEvent(event: EventPayload): Event {
  const recorded = payloadOf(entryOf(event));
  return { org_id: ORG, properties: {}, ...recorded } as Event;
}

function rangeOf({
  start_date,
  end_date,
}: MetricsParams): Pick<MetricsSummary, "org_id" | "start_date" | "end_date"> {
  return { org_id: ORG, start_date: start_date ?? "", end_date: end_date ?? "" };
}

function matches(event: Event, { event_type, user_id, start_date, end_date }: EventFilters): boolean {
  const types = [event_type ?? []].flat();
  const at = Date.parse(event.timestamp);
  return (
    (!types.length || types.includes(event.event_type)) &&
    (!user_id || event.user_id === user_id) &&
    (!start_date || at >= Date.parse(start_date)) &&
    (!end_date || at < endOf(end_date))
  );
}

/** Return the first millisecond after `end`, which is a day or a time. */
function endOf(end: string): number {
  return Date.parse(end) + (end.includes("T") ? 1 : 86_400_000);
}

function byTime(sign: number): (a: Event, b: Event) => number {
  return (a, b) => sign * (keyOf(a) < keyOf(b) ? -1 : 1);
}

function keyOf({ timestamp, event_id }: Event): string {
  return `${timestamp} ${event_id}`;
}

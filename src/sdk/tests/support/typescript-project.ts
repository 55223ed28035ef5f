// Compiles a strict TypeScript project that uses the packed packages, without `skipLibCheck`.
import { output, project } from "./packed.ts";

const CODE = `
import { AnalyticsClient, type Event, NetworkError } from "@acme/analytics-sdk";
import { createBrowserClient } from "@acme/analytics-sdk/browser";
import { type Filter, getTrends, type TrendsResult } from "@acme/analytics-sdk/insights";
import { TestClient } from "@acme/analytics-sdk/testing";
import { Tracker } from "@acme/analytics-sdk/track";

interface Events {
  signed_up: { plan: "free" | "pro" };
}
const options = { apiKey: "pk_local_acme", baseUrl: "http://localhost:8000" };
const client = new AnalyticsClient<Events>(options);
export const tracked: Promise<void> = client.trackEvent({ event_type: "signed_up", user_id: "u", properties: { plan: "pro" } });
export const tracker = new Tracker(options);
export const page = createBrowserClient<Events>(options);
export async function users(): Promise<string[]> {
  const found: string[] = [];
  for await (const event of client.getEvents()) found.push((event satisfies Event).user_id);
  return found;
}
export const recorded: readonly Event[] = new TestClient<Events>().tracked;
export const isNetwork = (error: unknown): boolean => error instanceof NetworkError;
const filters: readonly Filter[] = [{ property: "plan", operator: "is", values: ["pro"] }];
export const trends: Promise<TrendsResult> = getTrends(client, { series: [{ event_type: "signed_up", filters }] });
// @ts-expect-error The aggregate doesn't exist.
void getTrends(client, { series: [{ aggregate: "mode" }] });
// @ts-expect-error The plan doesn't exist.
void client.trackEvent({ event_type: "signed_up", user_id: "u", properties: { plan: "gold" } });
`;

const COMPONENT = `
import { AnalyticsProvider, useEvents, useInsight, useMetrics, useTrackEvent } from "@acme/analytics-react";
import { FunnelChart } from "@acme/analytics-react/funnel-chart";
import { STYLES as INSIGHT_STYLES } from "@acme/analytics-react/insight-styles";
import { MetricCard } from "@acme/analytics-react/metric-card";
import { MetricChart } from "@acme/analytics-react/metric-chart";
import { RetentionGrid } from "@acme/analytics-react/retention-grid";
import { EventsTable } from "@acme/analytics-react/table";
import { STYLES } from "@acme/analytics-react/table-styles";

function Page() {
  const track = useTrackEvent();
  const { events } = useEvents({ event_type: "signed_up" });
  const { data } = useMetrics({ metrics: ["events"] });
  const funnel = useInsight({ kind: "funnel", steps: [{ event_type: "a" }, { event_type: "b" }] });
  return (
    <button title={STYLES} onClick={() => void track({ event_type: "a", user_id: "u" })}>
      {events.length} {data?.metrics[0]?.total} {funnel.data?.steps[0]?.users} <EventsTable />
      <MetricCard title={INSIGHT_STYLES.join()} query={{ series: [{}], compare: "previous_weeks" }} />
      <MetricChart title="Events" query={{ series: [{}], interval: "week" }} locale="de" timeZone="Europe/Vienna" />
      <FunnelChart title="Sales" query={{ steps: [{ event_type: "a" }, { event_type: "b" }] }} />
      <RetentionGrid title="Retention" />
    </button>
  );
}
export const App = () => (
  <AnalyticsProvider apiKey="ak_local_acme" baseUrl="http://localhost:8000">
    <Page />
  </AnalyticsProvider>
);
`;

const STRICT = {
  strict: true,
  target: "es2022",
  noEmit: true,
  skipLibCheck: false,
  types: [],
  esModuleInterop: true,
};
const DOM = { ...STRICT, lib: ["es2022", "dom", "dom.iterable"], jsx: "react-jsx" };

/** The compiler options and files for each way in which TypeScript resolves packages. */
const MODES: Readonly<Record<string, { options: object; files: Readonly<Record<string, string>> }>> = {
  node10: {
    options: { ...DOM, module: "commonjs", moduleResolution: "node10" },
    files: { "index.ts": CODE, "app.tsx": COMPONENT },
  },
  node16: {
    options: { ...DOM, module: "node16" },
    files: { "esm.mts": CODE, "cjs.cts": CODE, "app.tsx": COMPONENT },
  },
  bundler: {
    options: { ...DOM, module: "esnext", moduleResolution: "bundler" },
    files: { "index.ts": CODE, "app.tsx": COMPONENT },
  },
  "node16 without the DOM": {
    options: { ...STRICT, lib: ["es2022"], module: "node16", types: ["node"] },
    files: { "esm.mts": CODE, "cjs.cts": CODE },
  },
};

/** Compile the project with this version of TypeScript. Return its errors, or undefined without a network. */
export function errorsOf(typescript: string, mode: string): string | undefined {
  const { options, files } = MODES[mode]!;
  const others = [typescript, "@types/react@19", "@types/node@20", "react@19", "react-dom@19"];
  const folder = project("tsc", others, {
    ...files,
    "tsconfig.json": JSON.stringify({ compilerOptions: options, include: ["*"] }),
  });
  if (!folder) return undefined;
  try {
    return output(folder, process.execPath, "../node_modules/typescript/bin/tsc", "-p", ".");
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

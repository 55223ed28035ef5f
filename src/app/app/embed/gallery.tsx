"use client";

import { AnalyticsProvider } from "@acme/analytics-react";
import { FunnelChart } from "@acme/analytics-react/funnel-chart";
import { MetricCard } from "@acme/analytics-react/metric-card";
import { MetricChart } from "@acme/analytics-react/metric-chart";
import { RetentionGrid } from "@acme/analytics-react/retention-grid";
import { AnalyticsClient } from "@acme/analytics-sdk";
import { useMemo } from "react";
import { type Day, dayOf } from "@/features/dashboard/days";
import { oddResultsOf, type Results, resultsOf } from "./gallery-data";

interface State {
  /** Unique, because the titles of the components contain it. */
  readonly title: string;
  /** The results, or the function that responds to requests. */
  readonly results?: Results | undefined;
  readonly fetch?: typeof fetch;
  /** Classes of the section. */
  readonly className?: string;
  readonly dir?: "rtl";
  readonly locale?: string;
  /** The name of events. */
  readonly event?: string;
}

const LONG = `${"a_very_long_name_without_a_space_".repeat(4)}🦄`;
const ARABIC = "اكتمل التسجيل في التطبيق";

/** A trend, a funnel and a retention table without data. */
const NO_RESULT = {
  buckets: [],
  interval: "day",
  series: [],
  steps: [],
  cohorts: [],
  overall: [],
  timezone: "UTC",
};

const never: typeof fetch = () => new Promise(() => {});
const forbidden: typeof fetch = async () =>
  Response.json({ code: "forbidden", detail: "This key isn't allowed to read insights." }, { status: 403 });
const nothing: typeof fetch = async () => Response.json(NO_RESULT);

/** Every component of the React package in every state. `rendered` is the server's time in milliseconds. */
export function Gallery({ rendered }: { readonly rendered: number }) {
  const states = useMemo(() => statesOf(dayOf(new Date(rendered))), [rendered]);
  return states.map((state) => <Section key={state.title} {...state} />);
}

function statesOf(today: Day): readonly State[] {
  const results = resultsOf(today);
  return [
    { title: "Light", results, className: "scheme-light" },
    { title: "Dark", results, className: "scheme-dark" },
    { title: "Narrow", results, className: "max-w-72" },
    { title: "Loading", fetch: never },
    { title: "Empty", fetch: nothing },
    { title: "Error", fetch: forbidden },
    {
      title: "Long names and large numbers",
      results: oddResultsOf(today, [LONG, "👩‍🚀 🚀", ARABIC]),
      event: LONG,
    },
    { title: "Right to left", results, dir: "rtl", locale: "ar", event: ARABIC },
  ];
}

function Section({ title, className = "", dir, results, fetch = never, locale, event = "signed_up" }: State) {
  const client = useMemo(
    () => new AnalyticsClient({ getToken: () => "", baseUrl: "http://gallery.test", fetch }),
    [fetch],
  );
  const step = { event_type: event };
  const query = { series: [step] as const, compare: "previous_weeks" as const };
  return (
    <section
      aria-label={title}
      dir={dir}
      className={`space-y-3 ${className}`}
      data-busy={fetch === never && !results ? true : undefined}
    >
      <h2 className="text-lg font-semibold" dir="ltr">
        {title}
      </h2>
      <AnalyticsProvider client={client}>
        <div className="grid grid-cols-[repeat(auto-fit,minmax(min(100%,26rem),1fr))] items-start gap-3">
          <MetricCard
            title={`${event}: total (${title})`}
            query={query}
            initialData={results?.getTrends}
            locale={locale}
          />
          <MetricChart
            title={`${event} by day (${title})`}
            query={query}
            initialData={results?.getTrends}
            locale={locale}
          />
          <FunnelChart
            title={`From ${event} to paid (${title})`}
            query={{
              steps: [step, { event_type: "viewed" }, { event_type: "added" }, { event_type: "paid" }],
            }}
            initialData={results?.getFunnel}
            locale={locale}
          />
          <RetentionGrid
            title={`Users who return (${title})`}
            initialData={results?.getRetention}
            locale={locale}
          />
        </div>
      </AnalyticsProvider>
    </section>
  );
}

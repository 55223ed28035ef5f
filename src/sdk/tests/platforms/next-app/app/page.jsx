import { AnalyticsProvider } from "@acme/analytics-react";
import { EventsTable } from "@acme/analytics-react/table";
import { AnalyticsClient } from "@acme/analytics-sdk";
import { getTrends } from "@acme/analytics-sdk/insights";
import { Metric, Trend } from "./metric.jsx";

/** A server component that tracks and reads events, and passes the data to a hook. */
export default async function Page({ searchParams }) {
  const { type } = await searchParams;
  const baseUrl = process.env.API_URL;
  const client = new AnalyticsClient({ apiKey: "ak_local_acme", baseUrl });
  await client.trackEvent({ event_type: type, user_id: "user_of_a_page" });
  const { data } = await client.listEvents({ event_type: type });
  const metrics = await client.getMetricsSummary({ metrics: ["events"] });
  const query = { interval: "week", series: [{ event_type: type }] };
  const trends = await getTrends(client, query);
  return (
    <AnalyticsProvider apiKey="pk_local_acme" baseUrl={baseUrl}>
      <h1>{data.map((event) => event.user_id)}</h1>
      <Metric initialData={metrics} />
      <Trend query={{ kind: "trends", ...query }} initialData={trends} />
      <EventsTable event_type={type} />
    </AnalyticsProvider>
  );
}

"use client";

import { useInsight, useMetrics } from "@acme/analytics-react";

export function Metric({ initialData }) {
  const { data } = useMetrics({ metrics: ["events"] }, { initialData });
  return <h2>{data?.metrics[0].name}</h2>;
}

export function Trend({ query, initialData }) {
  const { data } = useInsight(query, { initialData });
  return <h3>{data?.interval}</h3>;
}

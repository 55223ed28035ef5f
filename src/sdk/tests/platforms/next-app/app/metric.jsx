"use client";

import { useMetrics } from "@acme/analytics-react";

export function Metric({ initialData }) {
  const { data } = useMetrics({ metrics: ["events"] }, { initialData });
  return <h2>{data?.metrics[0].name}</h2>;
}

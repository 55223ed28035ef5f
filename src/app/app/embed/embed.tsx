"use client";

import { AnalyticsProvider } from "@acme/analytics-react";
import { EventsTable } from "@acme/analytics-react/table";
import { useMemo } from "react";
import { tokenSource } from "@/features/auth/token-source";

interface EmbedProps {
  readonly org_id: string;
  readonly apiBaseUrl: string;
}

export function Embed({ org_id, apiBaseUrl }: EmbedProps) {
  const getToken = useMemo(() => tokenSource(org_id, () => {}), [org_id]); // or a route of your own
  return (
    <AnalyticsProvider id={org_id} baseUrl={apiBaseUrl} getToken={getToken}>
      <EventsTable height={640} refreshMs={3000} />
    </AnalyticsProvider>
  );
}

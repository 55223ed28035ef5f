"use client";

import { AnalyticsProvider } from "@acme/analytics-react";
import { EventsTable } from "@acme/analytics-react/table";
import { useMemo } from "react";
import { accessTokens } from "@/lib/access-tokens";

export function Embed({ org_id, apiBaseUrl }: { readonly org_id: string; readonly apiBaseUrl: string }) {
  const getToken = useMemo(() => accessTokens(org_id, () => {}), [org_id]); // or a route of your own
  return (
    <AnalyticsProvider id={org_id} baseUrl={apiBaseUrl} getToken={getToken}>
      <EventsTable height={640} refreshMs={3000} />
    </AnalyticsProvider>
  );
}

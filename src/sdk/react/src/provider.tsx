import type { AnalyticsClient, AnyEvents } from "@acme/analytics-sdk";
import { createContext, type JSX, type ReactNode, useContext, useInsertionEffect } from "react";
import { hold, keyOf, type ProviderOptions, sharedClient } from "./clients.ts";

export type AnalyticsProviderProps = { readonly children?: ReactNode } & (
  | {
      /** A client that you create and close. */
      readonly client: AnalyticsClient<any>; // with any event map
    }
  | ({ readonly client?: undefined } & ProviderOptions)
);

const ClientContext = createContext<AnalyticsClient | undefined>(undefined);

/**
 * Provide the hooks in this subtree with your client, or with a client created from options. The same options create
 * one client, however often the provider is rendered, mounted or nested.
 */
export function AnalyticsProvider({ children, ...props }: AnalyticsProviderProps): JSX.Element {
  const key = props.client ? "" : keyOf(props);
  const client = props.client ?? sharedClient(props);
  useInsertionEffect(() => hold(key), [key]); // the only effect that survives a hidden <Activity>
  return <ClientContext.Provider value={client}>{children}</ClientContext.Provider>;
}

/** Return the client of the nearest provider. */
export function useAnalytics<Events extends object = AnyEvents>(): AnalyticsClient<Events> {
  const client = useContext(ClientContext);
  if (!client) throw new Error("Put <AnalyticsProvider> around the components that use analytics hooks.");
  return client as unknown as AnalyticsClient<Events>;
}

import type { AnalyticsClient, AnalyticsClientOptions } from "@acme/analytics-sdk";
import { type BrowserOptions, createBrowserClient } from "@acme/analytics-sdk/browser";
import { resetShared } from "./cache.ts";

/** Options from which the provider creates a client. */
export type ProviderOptions = AnalyticsClientOptions & BrowserOptions;

interface Shared {
  readonly client: AnalyticsClient;
  options: ProviderOptions;
  users: number;
  closing?: ReturnType<typeof setTimeout> | undefined;
}

const clients = new Map<string, Shared>();

/** Return the page's shared client for these options, created on first use. On a server, create a client per call. */
export function sharedClient(options: ProviderOptions): AnalyticsClient {
  if (typeof document === "undefined") return make({ options });
  const key = keyOf(options);
  const found = clients.get(key);
  if (found) {
    clearTimeout(found.closing); // the provider calls `hold` next
    found.options = options; // the newest getToken and onError are used
    return found.client;
  }
  const current = { options, users: 0 };
  clients.set(key, Object.assign(current, { client: make(current) }));
  return clients.get(key)!.client;
}

/**
 * Keep the client open for a mounted provider, and return the function to call on unmount. The client closes when its
 * last provider unmounts and none mounts immediately.
 */
export function hold(key: string): (() => void) | undefined {
  const held = clients.get(key);
  if (!held) return undefined;
  clearTimeout(held.closing);
  held.users++;
  return () => {
    if (--held.users) return;
    held.closing = setTimeout(() => {
      clients.delete(key);
      void held.client.close();
    });
  };
}

export function keyOf({ apiKey = "", baseUrl, id = "" }: ProviderOptions): string {
  return [baseUrl, apiKey, id].join(" ");
}

function make(current: { readonly options: ProviderOptions }): AnalyticsClient {
  const { getToken, ...options } = current.options;
  let caller: string | undefined;
  const client: AnalyticsClient = createBrowserClient({
    ...options,
    onError: options.onError && ((...args) => current.options.onError?.(...args)),
    ...(getToken && {
      getToken: async (choice: { refresh: boolean }) => {
        const token = await current.options.getToken!(choice);
        const before = caller;
        caller = callerOf(token) ?? before;
        if (before !== undefined && caller !== before) resetShared(client);
        return token;
      },
    }),
  } as AnalyticsClientOptions);
  return client;
}

/** Return whose data a token reads: its user and organisation. Return undefined if it is not a JWT. */
function callerOf(token: string): string | undefined {
  try {
    const claims = atob(token.split(".")[1]!.replace(/-/g, "+").replace(/_/g, "/"));
    const { sub, org_id, bound_user_id } = JSON.parse(claims) as Readonly<Record<string, string | undefined>>;
    return [sub, org_id, bound_user_id].join(" ");
  } catch {
    return undefined;
  }
}

"use client";

import { useAnalytics } from "@acme/analytics-react";
import type { AnalyticsError } from "@acme/analytics-sdk";
import { getUser, listUsers, type UserDescription, type UserProfile } from "@acme/analytics-sdk/insights";
import { useCallback, useEffect, useState } from "react";

/** The most users that the API returns per page. */
const USERS_MAX = 200;

/** What is known about a user. */
export interface User {
  /** The user in the list of users. Undefined if too many user ids contain this one. */
  readonly description: UserDescription | undefined;
  /** The user's events per type. Undefined if the user has sent no events, or if their id contains a slash. */
  readonly profile: UserProfile | undefined;
}

interface FoundUser {
  readonly user: User | undefined;
  readonly error: AnalyticsError | undefined;
  readonly refetch: () => void;
}

/** Read what is known about a user. */
export function useUser(user_id: string): FoundUser {
  const client = useAnalytics();
  const [state, setState] = useState<Omit<FoundUser, "refetch">>({ user: undefined, error: undefined });
  const refetch = useCallback(
    (signal?: AbortSignal): void => {
      Promise.all([
        listUsers(client, { search: user_id, limit: USERS_MAX }, { signal }),
        user_id.includes("/") ? undefined : getUser(client, user_id, { signal }).catch(ignoreUnknown),
      ]).then(
        ([{ data }, profile]) =>
          setState({
            user: { description: data.find((one) => one.user_id === user_id), profile },
            error: undefined,
          }),
        (error: AnalyticsError) => {
          if (!signal?.aborted) setState(({ user }) => ({ user, error }));
        },
      );
    },
    [client, user_id],
  );
  useEffect(() => {
    const abort = new AbortController();
    refetch(abort.signal);
    return () => abort.abort();
  }, [refetch]);
  return { ...state, refetch: () => refetch() };
}

/** Return undefined for a user who has sent no events, and rethrow any other error. */
function ignoreUnknown(error: AnalyticsError): undefined {
  if (error.code !== "not_found") throw error;
}

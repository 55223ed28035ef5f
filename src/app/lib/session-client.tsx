"use client";

import { AnalyticsProvider } from "@acme/analytics-react";
import { createContext, type ReactNode, use, useMemo, useState } from "react";
import { SessionNotice } from "@/components/session-notice";
import type { SessionView } from "./session";
import { accessTokens } from "./access-tokens";
import type { Trouble } from "./trouble";

export type { Organization, Role, SessionView, User } from "./session";

const SessionContext = createContext<SessionView | undefined>(undefined);

/** The signed-in user, the organisation that is shown, and what the user may do in it. */
export function useSession(): SessionView {
  const session = use(SessionContext);
  if (!session) throw new Error("Only pages of the signed-in part have a session.");
  return session;
}

interface SessionProviderProps {
  readonly session: SessionView;
  readonly children: ReactNode;
}

/** Gives the components below it the session, and the analytics hooks a client that acts for it. */
export function SessionProvider({ session, children }: SessionProviderProps) {
  const { user, org_id, apiBaseUrl } = session;
  const [trouble, setTrouble] = useState<Trouble>();
  const getToken = useMemo(() => accessTokens(org_id, setTrouble), [org_id]);
  return (
    <SessionContext value={session}>
      <AnalyticsProvider id={`${user.id} ${org_id}`} baseUrl={apiBaseUrl} getToken={getToken}>
        <SessionNotice trouble={trouble} />
        {children}
      </AnalyticsProvider>
    </SessionContext>
  );
}

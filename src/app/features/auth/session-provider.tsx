"use client";

import { AnalyticsProvider } from "@acme/analytics-react";
import type { OrganizationDescription } from "@acme/analytics-sdk";
import { createContext, type ReactNode, use, useCallback, useEffect, useMemo, useState } from "react";
import type { ErrorCode } from "@/features/errors/error-messages";
import { type Page, pathOf } from "@/features/navigation/paths";
import { PostButton } from "@/ui/post-button";
import type { SessionView } from "./session";
import { SignInAgain } from "./sign-in-again";
import { leftBefore, rememberNames, useTabMemory } from "./tab-memory";
import { tokenSource } from "./token-source";

/** Values of an organisation that its admins can change. */
type Changed = Pick<OrganizationDescription, "org_id" | "name" | "timezone">;

interface CurrentSession extends SessionView {
  /** Show new values of the organisation in this tab. */
  readonly showOrganization: (organization: Changed) => void;
}

const SessionContext = createContext<CurrentSession | undefined>(undefined);

/** Return the signed-in user, their organisation and what they may do in it. */
export function useSession(): CurrentSession {
  const session = use(SessionContext);
  if (!session) throw new Error("useSession needs a <SessionProvider>.");
  return session;
}

/** Return a function that returns the path of a page of the organisation. */
export function usePath(): (page: Page) => string {
  const { org_id } = useSession();
  return useCallback((page) => pathOf(org_id, page), [org_id]);
}

interface SessionProviderProps {
  readonly session: SessionView;
  readonly children: ReactNode;
}

/** Provides the session, and an analytics client that acts for it. */
export function SessionProvider({ session, children }: SessionProviderProps) {
  const { user, org_id, organizations, apiBaseUrl } = session;
  const [changed, setChanged] = useState<Changed & { readonly in: SessionView }>();
  const current = useMemo(() => {
    const shown = organizations.map((one) =>
      one.org_id === changed?.org_id && changed.in === session
        ? { ...one, name: changed.name, timezone: changed.timezone }
        : one,
    );
    const showOrganization = (organization: Changed): void => setChanged({ ...organization, in: session });
    return { ...session, organizations: shown, showOrganization };
  }, [session, organizations, changed]);
  useEffect(() => rememberNames(current.organizations), [current]);
  const [error, setError] = useState<ErrorCode>();
  const getToken = useMemo(() => tokenSource(org_id, setError), [org_id]);
  return (
    <SessionContext value={current}>
      <AnalyticsProvider id={`${user.id} ${org_id}`} baseUrl={apiBaseUrl} getToken={getToken}>
        <SessionBanner error={error} />
        <LeftBanner />
        {children}
      </AnalyticsProvider>
    </SessionContext>
  );
}

/** Says that the session is no longer valid. The page keeps its data, and unsent events stay queued. */
function SessionBanner({ error }: { readonly error: ErrorCode | undefined }) {
  if (error === "not_a_member" || error === "organization_suspended") {
    return (
      <div role="alert" className="banner">
        {error === "not_a_member"
          ? "You're no longer a member of this organisation."
          : "This organisation is suspended."}
        <PostButton action="/session/organization">Switch organisation</PostButton>
      </div>
    );
  }
  if (error !== "session_ended") return null;
  return (
    <p role="alert" className="banner">
      Your session has ended.
      <SignInAgain />
    </p>
  );
}

/** Says that the user has left an organisation, because the page of another one looks the same. */
function LeftBanner() {
  const { org_id, organizations } = useSession();
  const left = useTabMemory(leftBefore);
  const shown = organizations.find((one) => one.org_id === org_id)?.name ?? org_id;
  return (
    <output className={left ? "banner" : "sr-only"}>
      {left && `You left ${left}. This page shows ${shown}.`}
    </output>
  );
}

import { cookies } from "next/headers";
import { redirect } from "next/navigation";
import type { ReactNode } from "react";
import type { SessionView } from "@/features/auth/session";
import { SessionProvider } from "@/features/auth/session-provider";
import { SharedSession } from "@/features/auth/shared-session";
import { OrganizationClock } from "@/features/clock/organization-clock";
import { ApiStatusProvider, Content } from "@/features/errors/api-status";
import { ApiUnavailablePage, OrganizationErrorPage } from "@/features/errors/error-pages";
import { Header } from "@/features/navigation/header";
import { Rail } from "@/features/navigation/rail";
import { VersionBanner } from "@/features/navigation/version-banner";
import type { Saved } from "@/features/views/saved";
import { SavedProvider } from "@/features/views/saved-provider";
import { pageToken } from "@/server/access-token";
import { getCaller, getHealth } from "@/server/analytics-api";
import { errorCodeOf } from "@/server/auth-errors";
import { pathOrganization } from "@/server/path-organization";
import { readSession, type Session } from "@/server/session";
import { settings } from "@/server/settings";
import { listBoards, listViews } from "@/server/views-api";
import { PlainHeader } from "@/ui/plain-header";
import { THEME_COOKIE, themeFrom } from "@/ui/theme";

/** The layout of every page of an organisation. */
export default async function SignedInLayout({ children }: { readonly children: ReactNode }) {
  const session = await readSession();
  if (!session) redirect("/sign-in");
  return (
    <>
      <SharedSession user_id={session.user.id} />
      {await contentOf(session, children)}
    </>
  );
}

/** Return the page in its frame, or an error page instead. */
async function contentOf(session: Session, children: ReactNode): Promise<ReactNode> {
  const org_id = await pathOrganization();
  const found = await describe(session).catch(errorCodeOf);
  if (found === "not_a_member" || found === "organization_suspended")
    return withPlainHeader(<OrganizationErrorPage org_id={org_id} code={found} />);
  if (found === "api_unavailable" || found === "provider_unavailable")
    return withPlainHeader(<ApiUnavailablePage />);
  if (typeof found === "string") redirect(`/sign-in?error=${found}`);
  const theme = themeFrom((await cookies()).get(THEME_COOKIE)?.value);
  return (
    <SessionProvider session={found.view}>
      <OrganizationClock rendered={Date.now()}>
        <ApiStatusProvider>
          <SavedProvider key={found.view.org_id} rendered={found.saved}>
            <Header theme={theme} />
            <VersionBanner api={found.apiVersion} />
            <div className="flex">
              <Rail />
              <Content>{children}</Content>
            </div>
          </SavedProvider>
        </ApiStatusProvider>
      </OrganizationClock>
    </SessionProvider>
  );
}

function withPlainHeader(page: ReactNode): ReactNode {
  return (
    <>
      <PlainHeader />
      {page}
    </>
  );
}

interface Described {
  readonly view: SessionView;
  readonly apiVersion: string;
  /** Undefined if the views and boards couldn't be read. */
  readonly saved: Saved | undefined;
}

/** Return the session for pages, the version of the API, and the saved views and boards. */
async function describe(session: Session): Promise<Described> {
  const [caller, health, saved] = await Promise.all([
    pageToken().then(getCaller),
    getHealth(),
    pageToken().then(readSaved),
  ]);
  const { org_id, role, scopes, organizations } = caller;
  const apiBaseUrl = settings().publicApiUrl;
  return {
    view: { user: session.user, organizations, org_id, role, scopes, apiBaseUrl },
    apiVersion: health.version,
    saved,
  };
}

async function readSaved(access_token: string): Promise<Saved | undefined> {
  try {
    const [views, boards] = await Promise.all([listViews(access_token), listBoards(access_token)]);
    return { views, boards };
  } catch {
    return undefined; // all pages except the boards work without them
  }
}

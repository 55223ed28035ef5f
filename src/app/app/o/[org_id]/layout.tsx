import { cookies } from "next/headers";
import { redirect } from "next/navigation";
import type { ReactNode } from "react";
import type { SessionView } from "@/features/auth/session";
import { SessionProvider } from "@/features/auth/session-provider";
import { SharedSession } from "@/features/auth/shared-session";
import { ClockProvider } from "@/features/clock/clock";
import { ApiStatusProvider, Content } from "@/features/errors/api-status";
import { ApiUnavailablePage, OrganizationErrorPage } from "@/features/errors/error-pages";
import { Header } from "@/features/navigation/header";
import { Rail } from "@/features/navigation/rail";
import { VersionBanner } from "@/features/navigation/version-banner";
import { pageToken } from "@/server/access-token";
import { getCaller, getHealth } from "@/server/analytics-api";
import { errorCodeOf } from "@/server/auth-errors";
import { pathOrganization } from "@/server/path-organization";
import { readSession, type Session } from "@/server/session";
import { settings } from "@/server/settings";
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
      <ClockProvider rendered={Date.now()}>
        <ApiStatusProvider>
          <Header theme={theme} />
          <VersionBanner api={found.apiVersion} />
          <div className="flex">
            <Rail />
            <Content key={found.view.org_id}>{children}</Content>
          </div>
        </ApiStatusProvider>
      </ClockProvider>
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

/** Return the session for pages, and the version of the API. */
async function describe(session: Session): Promise<{ view: SessionView; apiVersion: string }> {
  const [caller, health] = await Promise.all([pageToken().then(getCaller), getHealth()]);
  const { org_id, role, scopes, organizations } = caller;
  const apiBaseUrl = settings().publicApiUrl;
  return {
    view: { user: session.user, organizations, org_id, role, scopes, apiBaseUrl },
    apiVersion: health.version,
  };
}

import { cookies } from "next/headers";
import { redirect } from "next/navigation";
import type { ReactNode } from "react";
import { ApiAway } from "@/components/api-away";
import { Header } from "@/components/header";
import { NotAMember } from "@/components/not-a-member";
import { VersionBanner } from "@/components/version-banner";
import { readSession } from "@/lib/server/session";
import { viewOf } from "@/lib/server/session-view";
import { troubleOf } from "@/lib/server/troubles";
import { SessionProvider } from "@/lib/session-client";
import { THEME_COOKIE, themeFrom } from "@/lib/theme";

/** Everything below knows who is signed in; who is not comes no further. */
export default async function SignedInLayout({ children }: { readonly children: ReactNode }) {
  const session = await readSession();
  if (!session) redirect("/sign-in");
  const found = await viewOf(session).catch(troubleOf);
  if (found === "not_a_member") return <NotAMember org_id={session.org_id} />;
  if (found === "api_away" || found === "provider_away") return <ApiAway />;
  if (typeof found === "string") redirect(`/sign-in?trouble=${found}`);
  const theme = themeFrom((await cookies()).get(THEME_COOKIE)?.value);
  return (
    <SessionProvider session={found.view}>
      <Header session={found.view} theme={theme} />
      <VersionBanner api={found.apiVersion} />
      <div id="content" tabIndex={-1}>
        {children}
      </div>
    </SessionProvider>
  );
}

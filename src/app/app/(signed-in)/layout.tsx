import { redirect } from "next/navigation";
import type { ReactNode } from "react";
import { describeCaller, exchange } from "@/lib/server/analytics-api";
import { readSession } from "@/lib/server/session";
import { settings } from "@/lib/server/settings";
import { SessionProvider } from "@/lib/session-client";

/** Everything below knows who is signed in; who is not comes no further. */
export default async function SignedInLayout({ children }: { readonly children: ReactNode }) {
  const session = await readSession();
  if (!session) redirect("/sign-in");
  const { access_token } = await exchange(session.id_token, session.org_id);
  const { org_id, role, scopes, organizations } = await describeCaller(access_token);
  const { user } = session;
  const view = { user, organizations, org_id, role, scopes, apiBaseUrl: settings().publicApiUrl };
  return <SessionProvider session={view}>{children}</SessionProvider>;
}

import type { Metadata } from "next";
import { SharedSession } from "@/features/auth/shared-session";
import { ProviderLink, SampleUsers } from "@/features/auth/sign-in-options";
import { invitationIn } from "@/features/invitations/invitation-path";
import { messageOf } from "@/features/errors/error-messages";
import { ApiUnavailablePage } from "@/features/errors/error-pages";
import { ErrorText } from "@/features/errors/error-text";
import { listSampleUsers } from "@/server/analytics-api";
import { errorCodeOf } from "@/server/auth-errors";
import { safePath } from "@/server/requests";
import { readSession } from "@/server/session";
import { settings } from "@/server/settings";
import { PlainHeader } from "@/ui/plain-header";

export const metadata: Metadata = { title: "Sign in" };

export default async function SignInPage({ searchParams }: PageProps<"/sign-in">) {
  const query = await searchParams;
  const returnTo = safePath(String(query["return"] ?? ""));
  const error = messageOf(String(query["error"]));
  const signedOut = !(await readSession()) && <SharedSession returnTo={returnTo} />;
  const users = settings().oidc ? undefined : await listSampleUsers().catch(errorCodeOf);
  if (typeof users === "string") {
    return (
      <>
        {signedOut}
        <PlainHeader />
        <ApiUnavailablePage />
      </>
    );
  }
  return (
    <>
      {signedOut}
      <PlainHeader />
      <main className="mx-auto max-w-5xl px-4 py-10">
        <h1 className="mb-4 text-2xl font-semibold">Sign in</h1>
        {invitationIn(returnTo) && (
          <p className="mb-4">Sign in with the e-mail address that was invited, to join the organisation.</p>
        )}
        {error && <ErrorText error={error} role="alert" className="mb-4" />}
        {users ? <SampleUsers users={users} returnTo={returnTo} /> : <ProviderLink returnTo={returnTo} />}
      </main>
    </>
  );
}

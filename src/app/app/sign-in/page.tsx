import type { Metadata } from "next";
import { ApiAway } from "@/components/api-away";
import { SampleUsers } from "@/components/sample-users";
import { safePath } from "@/lib/server/origin";
import { sampleOrganizations } from "@/lib/server/sample-organizations";
import { settings } from "@/lib/server/settings";
import { troubleOf } from "@/lib/server/troubles";
import type { Trouble } from "@/lib/trouble";

export const metadata: Metadata = { title: "Sign in" };

const SAYS: Readonly<Record<Trouble, string>> = {
  session_ended: "Your session has ended. Sign in again.",
  sign_in_failed: "Signing in did not work. Try once more; if it fails again, ask your administrator.",
  not_a_member: "You are not a member of this organisation. Ask one of its admins for membership.",
  api_away: "The API does not answer. Try again in a moment.",
  provider_away: "The identity provider does not answer. Try again in a moment.",
};

export default async function SignInPage({ searchParams }: PageProps<"/sign-in">) {
  const query = await searchParams;
  const returnTo = safePath(String(query["return"] ?? ""));
  const says = SAYS[query["trouble"] as Trouble];
  return (
    <main className="mx-auto max-w-5xl px-4 py-10">
      <h1 className="mb-4 text-2xl font-semibold">Sign in</h1>
      {says && (
        <p role="alert" className="mb-4 text-bad">
          {says}
        </p>
      )}
      {settings().oidc ? <ProviderLink returnTo={returnTo} /> : <SampleOrganizations returnTo={returnTo} />}
    </main>
  );
}

/** No `<Link>`: nothing may follow it ahead of the reader. */
function ProviderLink({ returnTo }: { readonly returnTo: string }) {
  return (
    <a href={`/session/sign-in?${new URLSearchParams({ return: returnTo })}`} className="button button-main">
      Sign in with your company&apos;s account
    </a>
  );
}

async function SampleOrganizations({ returnTo }: { readonly returnTo: string }) {
  const organizations = await sampleOrganizations().catch(troubleOf);
  if (typeof organizations === "string") return <ApiAway />;
  return (
    <>
      <p className="mb-4 text-muted">
        This is a local installation: choose whom to be. Nobody asks for a password.
      </p>
      <div className="grid items-start gap-4 md:grid-cols-3">
        {organizations.map((organization) => (
          <SampleUsers key={organization.org_id} {...organization} returnTo={returnTo} />
        ))}
      </div>
    </>
  );
}

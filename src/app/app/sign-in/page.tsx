import type { Metadata } from "next";
import { ApiAway } from "@/components/api-away";
import { SampleUsers } from "@/components/sample-users";
import { safePath } from "@/lib/server/origin";
import { sampleOrganizations } from "@/lib/server/sample-organizations";
import { settings } from "@/lib/server/settings";
import { troubleOf } from "@/lib/server/troubles";
import { explain } from "@/lib/trouble";

export const metadata: Metadata = { title: "Sign in" };

export default async function SignInPage({ searchParams }: PageProps<"/sign-in">) {
  const query = await searchParams;
  const returnTo = safePath(String(query["return"] ?? ""));
  const says = explain(String(query["trouble"]));
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
      <p className="mt-6 text-sm text-muted">
        No events to look at? Stop the API, run <code className="font-mono">make sample-data</code> in the
        repository&apos;s folder, and start the API again.
      </p>
    </>
  );
}

import type { SampleUser } from "@/server/analytics-api";

interface SignInProps {
  /** The path to open after sign-in. */
  readonly returnTo: string;
}

/** The link to the identity provider. It isn't a `<Link>`, because a prefetch would start a sign-in. */
export function ProviderLink({ returnTo }: SignInProps) {
  return (
    <a href={`/session/sign-in?${new URLSearchParams({ return: returnTo })}`} className="button button-main">
      Sign in with your company account
    </a>
  );
}

interface SampleUsersProps extends SignInProps {
  readonly users: readonly SampleUser[];
}

/** The sample organisations of a local installation, with their users. */
export function SampleUsers({ users, returnTo }: SampleUsersProps) {
  return (
    <>
      <p className="mb-4 text-muted">
        This is a local installation. Choose a sample user to sign in without a password.
      </p>
      <div className="grid items-start gap-4 md:grid-cols-3">
        {organizationsOf(users).map((organization) => (
          <OrganizationForm key={organization.org_id} {...organization} returnTo={returnTo} />
        ))}
      </div>
      <p className="mt-6 text-sm text-muted">
        No events yet? Run <code className="font-mono">make sample-data</code> in the repository while the API
        is stopped, and then start the API again.
      </p>
    </>
  );
}

interface SampleMember extends Pick<SampleUser, "user_id" | "name"> {
  readonly role: string | null;
}

interface SampleOrganization {
  readonly org_id: string;
  readonly name: string;
  readonly members: readonly SampleMember[];
}

/** One button for each role, and the other members under "more". */
function OrganizationForm({ org_id, name, members, returnTo }: SampleOrganization & SignInProps) {
  const roles = ["owner", "admin", "member", "viewer"];
  const first = roles.flatMap((role) => members.find((member) => member.role === role) ?? []);
  const others = members.filter((member) => !first.includes(member));
  return (
    <form
      action="/session/sign-in"
      method="post"
      className="min-w-0 rounded-lg border border-line bg-surface p-4"
    >
      <h2 className="mb-2 font-semibold">{name}</h2>
      <input type="hidden" name="org_id" value={org_id} />
      <input type="hidden" name="return" value={returnTo} />
      <MemberButtons members={first} />
      {others.length > 0 && (
        <details>
          <summary className="px-3 py-2 text-sm text-muted">{others.length} more</summary>
          <MemberButtons members={others} />
        </details>
      )}
    </form>
  );
}

function MemberButtons({ members }: { readonly members: readonly SampleMember[] }) {
  return members.map(({ user_id, name, role }) => (
    <button key={user_id} name="user_id" value={user_id} className="menu-item">
      <span>{name}</span>
      <span className="text-muted">{role}</span>
    </button>
  ));
}

function organizationsOf(users: readonly SampleUser[]): readonly SampleOrganization[] {
  const found = new Map<string, SampleOrganization>();
  for (const { user_id, name: userName, organizations } of users) {
    for (const { org_id, name, role } of organizations) {
      const members = found.get(org_id)?.members ?? [];
      found.set(org_id, { org_id, name, members: [...members, { user_id, name: userName, role }] });
    }
  }
  return [...found.values()];
}

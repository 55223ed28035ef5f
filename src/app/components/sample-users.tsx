import type { Role } from "@/lib/session";

export interface SamplePerson {
  readonly user_id: string;
  readonly name: string;
  readonly role: Role | null;
}

interface SampleUsersProps {
  readonly org_id: string;
  readonly organization: string;
  readonly people: readonly SamplePerson[];
  readonly returnTo: string;
}

/** The people of an organisation to sign in as: one of each role, and behind a fold all of them. */
export function SampleUsers({ org_id, organization, people, returnTo }: SampleUsersProps) {
  const roles: readonly Role[] = ["owner", "admin", "member", "viewer"];
  const some = roles.flatMap((role) => people.find((person) => person.role === role) ?? []);
  const others = people.filter((person) => !some.includes(person));
  return (
    <form action="/session/sign-in" method="post" className="rounded-lg border border-line bg-surface p-4">
      <h2 className="mb-2 font-semibold">{organization}</h2>
      <input type="hidden" name="org_id" value={org_id} />
      <input type="hidden" name="return" value={returnTo} />
      <People people={some} />
      {others.length > 0 && (
        <details>
          <summary className="px-3 py-2 text-sm text-muted">{others.length} more</summary>
          <People people={others} />
        </details>
      )}
    </form>
  );
}

function People({ people }: { readonly people: readonly SamplePerson[] }) {
  return people.map(({ user_id, name, role }) => (
    <button key={user_id} name="user_id" value={user_id} className="menu-item">
      <span>{name}</span>
      <span className="text-muted">{role}</span>
    </button>
  ));
}

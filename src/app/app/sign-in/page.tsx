import type { Metadata } from "next";
import { sampleUsers } from "@/lib/server/analytics-api";

export const metadata: Metadata = { title: "Sign in" };
export const dynamic = "force-dynamic";

export default async function SignInPage() {
  const users = await sampleUsers();
  return (
    <main className="mx-auto max-w-md p-6">
      <h1 className="mb-4 text-xl font-semibold">Sign in</h1>
      <ul className="space-y-2">
        {users.flatMap((user) =>
          user.organizations.map(({ org_id, name, role }) => (
            <li key={user.user_id + org_id}>
              <form action="/session/sign-in" method="post">
                <input type="hidden" name="user_id" value={user.user_id} />
                <input type="hidden" name="org_id" value={org_id} />
                <button className="w-full rounded border border-line bg-surface p-2 text-left">
                  {user.name} · {name} · {role}
                </button>
              </form>
            </li>
          )),
        )}
      </ul>
    </main>
  );
}

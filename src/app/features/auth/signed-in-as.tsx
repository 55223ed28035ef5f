import type { User } from "@/server/identity";
import { SharedSession } from "./shared-session";

/** Says who is signed in, until another tab signs in another user. */
export function SignedInAs({ user: { id, name, email } }: { readonly user: User }) {
  return (
    <>
      <SharedSession user_id={id} />
      You&apos;re signed in as {name}
      {email && email !== name && ` (${email})`}.
    </>
  );
}

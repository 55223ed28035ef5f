"use client";

import Link from "next/link";
import { usePath } from "@/features/auth/session-provider";
import { Wrappable } from "@/ui/wrappable";

/** A link to the page of a user. */
export function UserLink({ user_id }: { readonly user_id: string }) {
  const users = usePath()("users");
  return (
    <Link
      href={`${users}?${new URLSearchParams({ id: user_id })}`}
      prefetch={false}
      className="underline decoration-line underline-offset-2 hover:decoration-current"
    >
      <Wrappable>{user_id}</Wrappable>
    </Link>
  );
}

"use client";

import { usePathname } from "next/navigation";
import type { Trouble } from "@/lib/trouble";
import { useQuery } from "@/lib/use-query";

/** Says that the session serves no longer. What is shown stays, and events that are not sent yet wait. */
export function SessionNotice({ trouble }: { readonly trouble: Trouble | undefined }) {
  const here = `${usePathname()}?${useQuery()}`;
  if (trouble === "not_a_member") {
    return (
      <form role="alert" action="/session/organization" method="post" className="banner">
        You are no longer a member of this organisation.
        <button className="button">Open another one</button>
      </form>
    );
  }
  if (trouble !== "session_ended") return null;
  return (
    <p role="alert" className="banner">
      Your session has ended.
      <a className="button" href={`/sign-in?${new URLSearchParams({ return: here })}`}>
        Sign in again
      </a>
    </p>
  );
}

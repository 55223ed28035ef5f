"use client";

import { usePathname } from "next/navigation";
import { useQuery } from "@/ui/use-query";

/** A link to the sign-in page, which leads back to this page. */
export function SignInAgain() {
  const here = `${usePathname()}?${useQuery()}`;
  return (
    <a className="button" href={`/sign-in?${new URLSearchParams({ return: here })}`}>
      Sign in again
    </a>
  );
}

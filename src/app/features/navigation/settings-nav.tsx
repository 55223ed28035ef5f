"use client";

import { useSession } from "@/features/auth/session-provider";
import { NavLink } from "./nav-link";

/** The links to the pages of the settings that the user's role allows. */
export function SettingsNav() {
  const isAdmin = useSession().scopes.includes("organization:manage");
  return (
    <nav aria-label="Settings" className="-ml-2 flex flex-wrap gap-1 border-b border-line pb-2">
      <NavLink href="/settings">Organisation</NavLink>
      {isAdmin && <NavLink href="/settings/members">Members</NavLink>}
      {isAdmin && <NavLink href="/settings/invitations">Invitations</NavLink>}
      <NavLink href="/settings/usage">Usage</NavLink>
      {isAdmin && <NavLink href="/settings/audit-log">Audit log</NavLink>}
    </nav>
  );
}

"use client";

import { useSession } from "@/features/auth/session-provider";
import { NavLink } from "./nav-link";

/** The links to the pages of the settings that the user's role allows. */
export function SettingsNav() {
  const isAdmin = useSession().scopes.includes("organization:manage");
  return (
    <nav aria-label="Settings" className="border-b border-line pb-2">
      <div className="-ml-1.5 flex flex-wrap sm:-ml-2 sm:gap-1">
        <NavLink href="/settings">Organisation</NavLink>
        {isAdmin && <NavLink href="/settings/members">Members</NavLink>}
        {isAdmin && <NavLink href="/settings/invitations">Invitations</NavLink>}
        <NavLink href="/settings/usage">Usage</NavLink>
        {isAdmin && <NavLink href="/settings/audit-log">Audit log</NavLink>}
      </div>
    </nav>
  );
}

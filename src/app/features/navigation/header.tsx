"use client";

import Link from "next/link";
import { useSession } from "@/features/auth/session-provider";
import type { Theme } from "@/ui/theme";
import { NavLink } from "./nav-link";
import { OrganizationMenu } from "./organization-menu";
import { TestEventButton } from "./test-event-button";
import { UserMenu } from "./user-menu";

/** The bar above every page. It shows only the links and buttons that the user's role allows. */
export function Header({ theme }: { readonly theme: Theme }) {
  const { user, organizations, org_id, role, scopes } = useSession();
  return (
    <header className="sticky top-0 z-20 border-b border-line bg-surface">
      <a href="#content" className="skip-link">
        Skip to content
      </a>
      <div className="mx-auto flex max-w-[120rem] items-center gap-x-3 px-3 py-1 max-sm:flex-wrap sm:h-14 sm:px-6">
        <Link href="/dashboard" aria-label="Acme Analytics" className="shrink-0">
          <img src="/icon.svg" alt="" width={28} height={28} />
        </Link>
        <div className="flex min-w-0 max-sm:flex-1 max-sm:basis-0">
          <OrganizationMenu organizations={organizations} org_id={org_id} />
        </div>
        <div className="order-last flex basis-full flex-wrap items-center justify-between py-1 sm:order-none sm:shrink-0 sm:grow sm:basis-auto sm:flex-nowrap">
          <nav aria-label="Main" className="flex max-sm:-ml-1.5 sm:gap-1">
            <NavLink href="/dashboard">Dashboard</NavLink>
            {scopes.includes("keys:manage") && <NavLink href="/keys">API keys</NavLink>}
            <NavLink href="/settings" isSection>
              Settings
            </NavLink>
          </nav>
          {scopes.includes("events:write") && <TestEventButton />}
        </div>
        <div className="ml-auto shrink-0">
          <UserMenu user={user} role={role} theme={theme} />
        </div>
      </div>
    </header>
  );
}

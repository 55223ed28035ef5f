"use client";

import Link from "next/link";
import { usePath, useSession } from "@/features/auth/session-provider";
import { Menu } from "@/ui/menu";
import type { Theme } from "@/ui/theme";
import { CommandPalette } from "./command-palette";
import { OrganizationMenu } from "./organization-menu";
import { Pages } from "./pages";
import { TestEventButton } from "./test-event-button";
import { UserMenu } from "./user-menu";

/** The bar above every page. On small screens, it has the menu of pages. */
export function Header({ theme }: { readonly theme: Theme }) {
  const { user, organizations, org_id, role, scopes } = useSession();
  const path = usePath();
  return (
    <header className="sticky top-0 z-20 border-b border-line bg-surface">
      <a href="#content" className="skip-link">
        Skip to content
      </a>
      <CommandPalette />
      <div className="flex h-14 items-center gap-x-2 px-3 sm:gap-x-3 sm:px-5">
        <div className="shrink-0 lg:hidden">
          <Menu label="Menu of pages" button={<Bars />}>
            <div className="max-h-[calc(100dvh-5rem)] overflow-y-auto p-1">
              <Pages />
            </div>
          </Menu>
        </div>
        <Link href={path("overview")} aria-label="Acme Analytics" className="shrink-0 max-sm:hidden">
          <img src="/icon.svg" alt="" width={28} height={28} />
        </Link>
        <div className="flex min-w-0 grow">
          <OrganizationMenu organizations={organizations} org_id={org_id} />
        </div>
        {scopes.includes("events:write") && <TestEventButton />}
        <div className="shrink-0">
          <UserMenu user={user} role={role} theme={theme} />
        </div>
      </div>
    </header>
  );
}

function Bars() {
  return (
    <svg aria-hidden="true" viewBox="0 0 16 16" className="size-5">
      <path d="M2 4h12M2 8h12M2 12h12" fill="none" stroke="currentColor" strokeWidth="1.5" />
    </svg>
  );
}

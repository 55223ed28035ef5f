import Link from "next/link";
import { NavLink } from "@/components/nav-link";
import { OrganizationMenu } from "@/components/organization-menu";
import { TestEventButton } from "@/components/test-event-button";
import { UserMenu } from "@/components/user-menu";
import type { SessionView } from "@/lib/session";
import type { Theme } from "@/lib/theme";

/** The bar above every page. What the role does not allow is not there. */
export function Header({ session, theme }: { readonly session: SessionView; readonly theme: Theme }) {
  const { user, organizations, org_id, role, scopes } = session;
  return (
    <header className="sticky top-0 z-20 border-b border-line bg-surface">
      <a href="#content" className="skip-link">
        Skip to the content
      </a>
      <div className="mx-auto flex max-w-[120rem] flex-wrap items-center gap-x-3 px-3 py-1 sm:h-14 sm:px-6">
        <Link href="/dashboard" aria-label="Acme Analytics" className="shrink-0">
          <img src="/icon.svg" alt="" width={28} height={28} />
        </Link>
        <OrganizationMenu organizations={organizations} org_id={org_id} />
        <div className="order-last flex basis-full items-center justify-between py-1 sm:order-none sm:flex-1 sm:basis-0">
          <nav aria-label="Pages" className="flex gap-1 max-sm:-ml-2">
            <NavLink href="/dashboard">Dashboard</NavLink>
            {scopes.includes("keys:manage") && <NavLink href="/keys">Keys</NavLink>}
          </nav>
          {scopes.includes("events:write") && <TestEventButton />}
        </div>
        <div className="ml-auto">
          <UserMenu user={user} role={role} theme={theme} />
        </div>
      </div>
    </header>
  );
}

"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { type ReactNode, useId } from "react";
import { usePath, useSession } from "@/features/auth/session-provider";
import { closeMenu } from "@/ui/menu";
import { Icon } from "./icon";
import type { Page } from "./paths";

interface PageLink {
  readonly page: Page;
  readonly title: string;
  /** The scope without which the link is hidden. */
  readonly scope?: string;
}

const MAIN: readonly PageLink[] = [
  { page: "overview", title: "Overview" },
  { page: "explore", title: "Explore" },
  { page: "funnels", title: "Funnels" },
  { page: "retention", title: "Retention" },
  { page: "users", title: "Users" },
  { page: "live", title: "Live" },
];

const SETTINGS: readonly PageLink[] = [
  { page: "settings", title: "Organisation" },
  { page: "settings/members", title: "Members", scope: "organization:manage" },
  { page: "settings/invitations", title: "Invitations", scope: "organization:manage" },
  { page: "settings/keys", title: "API keys", scope: "keys:manage" },
  { page: "settings/usage", title: "Usage" },
  { page: "settings/audit-log", title: "Audit log", scope: "organization:manage" },
];

/** Return the pages that the user's role allows. */
export function usePages(): readonly PageLink[] {
  const { scopes } = useSession();
  return [...MAIN, ...SETTINGS].filter(({ scope }) => !scope || scopes.includes(scope));
}

/** The links to all pages that the user's role allows. */
export function Pages() {
  const settings = useId();
  return (
    <div className="space-y-5">
      <nav aria-label="Main">
        <Links links={MAIN} />
      </nav>
      <nav aria-labelledby={settings}>
        <h2 id={settings} className="px-2.5 pb-1 text-xs font-semibold text-muted">
          Settings
        </h2>
        <Links links={SETTINGS} />
      </nav>
    </div>
  );
}

function Links({ links }: { readonly links: readonly PageLink[] }) {
  const allowed = usePages();
  return (
    <ul className="space-y-0.5">
      {links
        .filter((link) => allowed.includes(link))
        .map(({ page, title }) => (
          <li key={page}>
            <RailLink page={page}>{title}</RailLink>
          </li>
        ))}
    </ul>
  );
}

interface RailLinkProps {
  readonly page: Page;
  readonly children: ReactNode;
}

/** A link that is marked when its page is open. It closes the menu that contains it. */
function RailLink({ page, children }: RailLinkProps) {
  const href = usePath()(page);
  const path = usePathname();
  const isCurrent = path === href;
  return (
    <Link
      href={href}
      aria-current={isCurrent ? "page" : undefined}
      className="rail-link"
      onClick={({ currentTarget }) => closeMenu(currentTarget)}
    >
      {!page.startsWith("settings") && <Icon page={page} />}
      {children}
    </Link>
  );
}

"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { type ReactNode, useId } from "react";
import { usePath, useSession } from "@/features/auth/session-provider";
import { addressOf, byName, openedIn } from "@/features/views/saved";
import { useSaved } from "@/features/views/saved-provider";
import { closeMenu } from "@/ui/menu";
import { useQuery } from "@/ui/use-query";
import { Icon } from "./icon";
import { boardPath, type Page, pathOf } from "./paths";

interface Target {
  readonly page: Page;
  readonly title: string;
  /** The scope without which the link is hidden. */
  readonly scope?: string;
}

const MAIN: readonly Target[] = [
  { page: "overview", title: "Overview" },
  { page: "explore", title: "Explore" },
  { page: "funnels", title: "Funnels" },
  { page: "retention", title: "Retention" },
  { page: "users", title: "Users" },
  { page: "live", title: "Live" },
  { page: "boards", title: "Boards" },
];

const SETTINGS: readonly Target[] = [
  { page: "settings", title: "Organisation" },
  { page: "settings/members", title: "Members", scope: "organization:manage" },
  { page: "settings/invitations", title: "Invitations", scope: "organization:manage" },
  { page: "settings/keys", title: "API keys", scope: "keys:manage" },
  { page: "settings/usage", title: "Usage" },
  { page: "settings/audit-log", title: "Audit log", scope: "organization:manage" },
];

/** Return the pages that the user's role allows. */
export function usePages(): readonly Target[] {
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
      <SavedLinks />
      <nav aria-labelledby={settings}>
        <h2 id={settings} className="px-2.5 pb-1 text-xs font-semibold text-muted">
          Settings
        </h2>
        <Links links={SETTINGS} />
      </nav>
    </div>
  );
}

function Links({ links }: { readonly links: readonly Target[] }) {
  const allowed = usePages();
  return (
    <ul className="space-y-0.5">
      {links
        .filter((link) => allowed.includes(link))
        .map(({ page, title }) => (
          <li key={page}>
            <PageLink page={page}>{title}</PageLink>
          </li>
        ))}
    </ul>
  );
}

interface PageLinkProps {
  readonly page: Page;
  readonly children: ReactNode;
}

/** The link to a page, which is marked when the page is open and no saved view is. */
function PageLink({ page, children }: PageLinkProps) {
  const href = usePath()(page);
  const path = usePathname();
  const { views } = useSaved();
  const view_id = openedIn(useQuery());
  const isView = views.some((one) => one.view_id === view_id && one.page === page);
  return (
    <RailLink href={href} isCurrent={path === href && !isView}>
      {!page.startsWith("settings") && <Icon page={page} />}
      {children}
    </RailLink>
  );
}

/** The number of boards and of views in the rail. The page of boards lists all of them. */
const LINKS_MAX = 10;

/** The links to the boards and to the saved views. */
function SavedLinks() {
  const { views, boards } = useSaved();
  const { org_id } = useSession();
  const path = usePathname();
  const view_id = openedIn(useQuery());
  return (
    <>
      <SavedList title="Boards">
        {byName(boards)
          .slice(0, LINKS_MAX)
          .map(({ board_id, name }) => (
            <li key={board_id}>
              <RailLink href={boardPath(org_id, board_id)} isCurrent={path === boardPath(org_id, board_id)}>
                <span className="truncate">{name}</span>
              </RailLink>
            </li>
          ))}
      </SavedList>
      <SavedList title="Saved views">
        {byName(views)
          .slice(0, LINKS_MAX)
          .map((view) => (
            <li key={view.view_id}>
              <RailLink
                href={addressOf(org_id, view)}
                isCurrent={view.view_id === view_id && path === pathOf(org_id, view.page)}
              >
                <Icon page={view.page} />
                <span className="truncate">{view.name}</span>
              </RailLink>
            </li>
          ))}
      </SavedList>
    </>
  );
}

interface SavedListProps {
  readonly title: string;
  readonly children: readonly ReactNode[];
}

function SavedList({ title, children }: SavedListProps) {
  const id = useId();
  if (!children.length) return null;
  return (
    <nav aria-labelledby={id}>
      <h2 id={id} className="px-2.5 pb-1 text-xs font-semibold text-muted">
        {title}
      </h2>
      <ul className="space-y-0.5">{children}</ul>
    </nav>
  );
}

interface RailLinkProps {
  readonly href: string;
  /** Whether the link leads to what the page shows. */
  readonly isCurrent: boolean;
  readonly children: ReactNode;
}

/** A link of the rail. It closes the menu that contains it. */
function RailLink({ href, isCurrent, children }: RailLinkProps) {
  return (
    <Link
      href={href}
      prefetch={href.includes("?") ? false : null} // a saved view shares the code of its page
      aria-current={isCurrent ? "page" : undefined}
      className="rail-link"
      onClick={({ currentTarget }) => closeMenu(currentTarget)}
    >
      {children}
    </Link>
  );
}

"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";

interface NavLinkProps {
  readonly href: string;
  /** Whether the link is also marked on the pages below its page. */
  readonly isSection?: boolean;
  readonly children: ReactNode;
}

/** A link that is marked when its page is open. */
export function NavLink({ href, isSection = false, children }: NavLinkProps) {
  const path = usePathname();
  const isCurrent = path === href || (isSection && path.startsWith(`${href}/`));
  return (
    <Link href={href} aria-current={isCurrent ? "page" : undefined} className="nav-link">
      {children}
    </Link>
  );
}

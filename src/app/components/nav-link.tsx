"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import type { ReactNode } from "react";

/** A link that says when it leads to where one is. */
export function NavLink({ href, children }: { readonly href: string; readonly children: ReactNode }) {
  return (
    <Link href={href} aria-current={usePathname() === href ? "page" : undefined} className="nav-link">
      {children}
    </Link>
  );
}

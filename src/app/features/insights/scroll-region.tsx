import type { ReactNode } from "react";

interface ScrollRegionProps {
  /** The region's name for screen readers. */
  readonly label: string;
  /** Whether there is a gap before the region, because it follows another table. */
  readonly isApart?: boolean;
  readonly children: ReactNode;
}

/** A region that scrolls horizontally, also with the keyboard, for tables that can be wider than the page. */
export function ScrollRegion({ label, isApart = false, children }: ScrollRegionProps) {
  return (
    <section
      aria-label={label}
      // A scrollable region must be focusable, or it can't be scrolled with the keyboard.
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      className={`overflow-x-auto border-t border-line [&_td]:whitespace-nowrap ${isApart ? "pt-5" : ""}`}
    >
      {children}
    </section>
  );
}

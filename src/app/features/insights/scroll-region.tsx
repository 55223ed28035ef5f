import type { ReactNode } from "react";

interface ScrollRegionProps {
  /** The region's name for screen readers. */
  readonly label: string;
  readonly children: ReactNode;
}

/** A region that scrolls horizontally, also with the keyboard, for tables that can be wider than the page. */
export function ScrollRegion({ label, children }: ScrollRegionProps) {
  return (
    // A scrollable region must be focusable, or it can't be scrolled with the keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <section aria-label={label} tabIndex={0} className="overflow-x-auto border-t border-line">
      {children}
    </section>
  );
}

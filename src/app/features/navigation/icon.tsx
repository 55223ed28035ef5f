import type { Page } from "./paths";

/** The lines of each icon, in a square of 16 units. */
const LINES: Partial<Record<Page, string>> = {
  overview: "M2.5 2.5h4.5v6H2.5zM9 2.5h4.5V6H9zM9 8.5h4.5v5H9zM2.5 11H7v2.5H2.5z",
  live: "M1.5 8.5H5l2-5.5 3 10 1.8-4.5h2.7",
};

/** The icon of a page. It repeats the link's text, so it is hidden from screen readers. */
export function Icon({ page }: { readonly page: Page }) {
  return (
    <svg aria-hidden="true" viewBox="0 0 16 16" className="size-4 shrink-0">
      <path d={LINES[page]} fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinejoin="round" />
    </svg>
  );
}

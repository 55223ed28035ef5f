import type { Page } from "./paths";

/** The lines of each icon, in a square of 16 units. */
const LINES: Partial<Record<Page, string>> = {
  overview: "M2.5 2.5h4.5v6H2.5zM9 2.5h4.5V6H9zM9 8.5h4.5v5H9zM2.5 11H7v2.5H2.5z",
  explore: "M2 2v12h12M4.5 10.5 7.5 7l2.5 2 4-5",
  funnels: "M2 3h12l-4.5 5.5V13L6.5 14.5V8.5z",
  retention: "M2.5 2.5h11v11h-11zM2.5 6h11M2.5 9.7h11M6.2 2.5v11M9.8 2.5v11",
  users: "M8 8a2.7 2.7 0 1 0 0-5.4A2.7 2.7 0 0 0 8 8zM2.7 13.5c.6-2.4 2.7-3.6 5.3-3.6s4.7 1.2 5.3 3.6z",
  boards: "M2.5 2.5h11v11h-11zM2.5 8h11M8 8v5.5",
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

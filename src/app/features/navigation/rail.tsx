import { Pages } from "./pages";

/** The links beside every page on wide screens. On others, the header has a menu with the same links. */
export function Rail() {
  return (
    <div className="sticky top-14 h-[calc(100dvh-3.5rem)] w-52 shrink-0 overflow-y-auto border-r border-line px-3 py-5 max-lg:hidden">
      <Pages />
    </div>
  );
}

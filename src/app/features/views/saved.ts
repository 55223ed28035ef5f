import type { BoardDescription, ViewDescription } from "@acme/analytics-sdk";
import { pathOf } from "@/features/navigation/paths";

/** The saved views and the boards of the organisation. */
export interface Saved {
  readonly views: readonly ViewDescription[];
  readonly boards: readonly BoardDescription[];
}

/** The pages whose state can be saved, with their titles. */
export const VIEW_PAGES: Readonly<Record<ViewDescription["page"], string>> = {
  overview: "Overview",
  explore: "Explore",
  funnels: "Funnels",
  retention: "Retention",
  users: "Users",
  live: "Live",
};

export const NAME_CHARACTERS_MAX = 100;
/** The limits of the API. */
export const STATE_CHARACTERS_MAX = 8_000;
export const TILES_MAX = 20;

/** The parameter of an address that names the opened view. */
export const OPENED = "view";

/** Return the page of a path, if its state can be saved. */
export function viewPageIn(path: string): ViewDescription["page"] | undefined {
  const page = path.split("/").at(3) ?? "";
  return Object.hasOwn(VIEW_PAGES, page) ? (page as ViewDescription["page"]) : undefined;
}

/** Return the address of a view. */
export function addressOf(org_id: string, { page, state, view_id }: ViewDescription): string {
  return `${pathOf(org_id, page)}?${withOpened(state, view_id)}`;
}

/** Return the id of the view that an address names. */
export function openedIn(query: string): string | undefined {
  return new URLSearchParams(query).get(OPENED) ?? undefined;
}

/** Return the state in the query of an address: everything but the opened view. */
export function stateIn(query: string): string {
  const search = new URLSearchParams(query);
  search.delete(OPENED);
  return String(search);
}

/** Return the query of a state in which this view is opened. */
export function withOpened(state: string, view_id: string | undefined): string {
  const search = new URLSearchParams(state);
  if (view_id) search.set(OPENED, view_id);
  return String(search);
}

/** Return whether two states have the same parameters that aren't empty. Only the order of equal parameters counts. */
export function isSameState(one: string, other: string): boolean {
  return sorted(one) === sorted(other);
}

function sorted(state: string): string {
  const search = new URLSearchParams([...new URLSearchParams(state)].filter(([, value]) => value));
  search.sort();
  return String(search);
}

/** Return the views or boards by name. */
export function byName<T extends { readonly name: string }>(records: readonly T[]): readonly T[] {
  return [...records].sort((a, b) => a.name.localeCompare(b.name, "en"));
}

/** Return the saved records with this view added, or replaced. */
export function withView(saved: Saved, view: ViewDescription): Saved {
  const others = saved.views.filter(({ view_id }) => view_id !== view.view_id);
  return { ...saved, views: [view, ...others] };
}

/** Return the saved records without a view, and with the boards that the API returned after its deletion, if any. */
export function withoutView(
  saved: Saved,
  view_id: string,
  boards: readonly BoardDescription[] | undefined,
): Saved {
  const isOther = (one: string): boolean => one !== view_id;
  return {
    boards: boards ?? saved.boards.map((board) => ({ ...board, view_ids: board.view_ids.filter(isOther) })),
    views: saved.views.filter((one) => isOther(one.view_id)),
  };
}

/** Return the saved records with this board added, or replaced. */
export function withBoard(saved: Saved, board: BoardDescription): Saved {
  const others = saved.boards.filter(({ board_id }) => board_id !== board.board_id);
  return { ...saved, boards: [board, ...others] };
}

/** Return the saved records without a board. */
export function withoutBoard(saved: Saved, board_id: string): Saved {
  return { ...saved, boards: saved.boards.filter((one) => one.board_id !== board_id) };
}

/** Return the views of a board in their order. */
export function viewsOf({ views }: Saved, { view_ids }: BoardDescription): readonly ViewDescription[] {
  return view_ids.flatMap((view_id) => views.find((one) => one.view_id === view_id) ?? []);
}

/** Return the ids with one of them moved by a number of places. */
export function moved(ids: readonly string[], id: string, places: number): readonly string[] {
  const rest = ids.filter((one) => one !== id);
  const place = Math.max(0, ids.indexOf(id) + places);
  return [...rest.slice(0, place), id, ...rest.slice(place)];
}

import "server-only";
import type {
  BoardChange,
  BoardDescription,
  NewBoard,
  NewView,
  ViewChange,
  ViewDescription,
} from "@acme/analytics-sdk";
import type { PagedList } from "@/ui/paged-list";
import { bearer, post, send } from "./analytics-api";

// The API operations for saved views and boards, which the SDK doesn't offer.

const VIEWS = "/api/v1/views";
const BOARDS = "/api/v1/boards";

/** Return all saved views of the organisation, newest first. */
export function listViews(access_token: string): Promise<readonly ViewDescription[]> {
  return all<ViewDescription>(VIEWS, access_token);
}

/** Return all boards of the organisation, newest first. */
export function listBoards(access_token: string): Promise<readonly BoardDescription[]> {
  return all<BoardDescription>(BOARDS, access_token);
}

/** Save a view for the organisation. */
export function createView(access_token: string, view: NewView): Promise<ViewDescription> {
  return post(VIEWS, view, bearer(access_token));
}

/** Create a board. */
export function createBoard(access_token: string, board: NewBoard): Promise<BoardDescription> {
  return post(BOARDS, board, bearer(access_token));
}

/** Change the version of a view that the page shows. */
export function updateView(
  access_token: string,
  { view_id, version }: ViewDescription,
  change: ViewChange,
): Promise<ViewDescription> {
  return post(`${VIEWS}/${view_id}`, change, ifMatch(access_token, version), "PATCH");
}

/** Change the version of a board that the page shows. */
export function updateBoard(
  access_token: string,
  { board_id, version }: BoardDescription,
  change: BoardChange,
): Promise<BoardDescription> {
  return post(`${BOARDS}/${board_id}`, change, ifMatch(access_token, version), "PATCH");
}

/** Delete a view, which also leaves its boards. */
export function deleteView(access_token: string, view_id: string): Promise<void> {
  return send(`${VIEWS}/${view_id}`, { method: "DELETE", headers: bearer(access_token) });
}

/** Delete a board, but not its views. */
export function deleteBoard(access_token: string, board_id: string): Promise<void> {
  return send(`${BOARDS}/${board_id}`, { method: "DELETE", headers: bearer(access_token) });
}

function ifMatch(access_token: string, version: string): Readonly<Record<string, string>> {
  return { ...bearer(access_token), "If-Match": `"${version}"` };
}

async function all<T>(path: string, access_token: string): Promise<readonly T[]> {
  const found: T[] = [];
  let query = "";
  for (;;) {
    const page = await send<PagedList<T>>(`${path}${query}`, { headers: bearer(access_token) });
    found.push(...page.data);
    if (page.next_cursor === null) return found;
    query = `?cursor=${encodeURIComponent(page.next_cursor)}`;
  }
}

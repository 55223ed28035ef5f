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
import { ApiError } from "./auth-errors";

// The API operations for saved views and boards, which the SDK doesn't offer.

const VIEWS = "/api/v1/views";
const BOARDS = "/api/v1/boards";
/** The most rows that the API returns per page. */
const PAGE_ROWS = 100;
/** Every page of the dashboard waits for the lists, and is rendered without a list that takes longer. */
const LIST_MS = 2_000;

/** Return all saved views of the organisation, newest first. */
export function listViews(access_token: string): Promise<readonly ViewDescription[]> {
  return allPages<ViewDescription>(VIEWS, access_token);
}

/** Return all boards of the organisation, newest first. */
export function listBoards(access_token: string): Promise<readonly BoardDescription[]> {
  return allPages<BoardDescription>(BOARDS, access_token);
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

/** Delete a view, which also removes it from boards. It may be deleted already. */
export function deleteView(access_token: string, view_id: string): Promise<void> {
  return remove(`${VIEWS}/${view_id}`, access_token);
}

/** Delete a board, but not its views. It may be deleted already. */
export function deleteBoard(access_token: string, board_id: string): Promise<void> {
  return remove(`${BOARDS}/${board_id}`, access_token);
}

/** Delete what is at the path. It may be deleted already. */
export async function remove(path: string, access_token: string): Promise<void> {
  try {
    await send(path, { method: "DELETE", headers: bearer(access_token) });
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "not_found") throw error;
  }
}

/** Return the headers of a request that depends on the version of a view or of a board. */
export function ifMatch(access_token: string, version: string): Readonly<Record<string, string>> {
  return { ...bearer(access_token), "If-Match": `"${version}"` };
}

/** Return all entries of a list. Its pages share one time limit. */
export async function allPages<T>(
  path: string,
  access_token: string,
  filters: Readonly<Record<string, string>> = {},
): Promise<readonly T[]> {
  const found: T[] = [];
  const query = new URLSearchParams({ ...filters, limit: String(PAGE_ROWS) });
  const end = performance.now() + LIST_MS;
  for (;;) {
    const init = { headers: bearer(access_token) };
    const left = Math.max(0, Math.ceil(end - performance.now()));
    const page = await send<PagedList<T>>(`${path}?${query}`, init, left);
    found.push(...page.data);
    if (page.next_cursor === null) return found;
    query.set("cursor", page.next_cursor);
  }
}

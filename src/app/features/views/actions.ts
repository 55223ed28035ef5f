"use server";

import type {
  BoardChange,
  BoardDescription,
  NewView,
  ViewChange,
  ViewDescription,
} from "@acme/analytics-sdk";
import type { ErrorCode } from "@/features/errors/error-messages";
import { act } from "@/server/page-data";
import {
  createBoard,
  createView,
  deleteBoard,
  deleteView,
  listBoards,
  updateBoard,
  updateView,
} from "@/server/views-api";
import { STATE_CHARACTERS_MAX } from "./saved";

/** Save a view for the organisation. */
export async function saveView(view: NewView): Promise<ViewDescription | ErrorCode> {
  if (view.state.length > STATE_CHARACTERS_MAX) return "state_too_long";
  return act((token) => createView(token, view), "invalid_name");
}

/** Rename a view, or save another state, unless somebody has changed the view since it was read. */
export async function changeView(
  view: ViewDescription,
  change: ViewChange,
): Promise<ViewDescription | ErrorCode> {
  if (change.state && change.state.length > STATE_CHARACTERS_MAX) return "state_too_long";
  return act((token) => updateView(token, view, change), "invalid_name");
}

/** Delete a view, which also removes it from boards. Return all boards, or undefined if they can't be read. */
export async function removeView(
  view_id: string,
): Promise<{ readonly boards: readonly BoardDescription[] | undefined } | ErrorCode> {
  return act(async (token) => {
    await deleteView(token, view_id);
    return { boards: await listBoards(token).catch(() => undefined) };
  });
}

/** Create a board without views. */
export async function newBoard(name: string): Promise<BoardDescription | ErrorCode> {
  return act((token) => createBoard(token, { name }), "invalid_name");
}

/** Rename a board, or change its views, unless somebody has changed the board since it was read. */
export async function changeBoard(
  board: BoardDescription,
  change: BoardChange,
): Promise<BoardDescription | ErrorCode> {
  return act(
    (token) => updateBoard(token, board, change),
    change.name === undefined ? "not_found" : "invalid_name",
  );
}

/** Delete a board. */
export async function removeBoard(board_id: string): Promise<"removed" | ErrorCode> {
  return act(async (token) => {
    await deleteBoard(token, board_id);
    return "removed" as const;
  });
}

"use client";

import type { BoardChange, BoardDescription } from "@acme/analytics-sdk";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { startTransition, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { usePath } from "@/features/auth/session-provider";
import { attempt } from "@/features/errors/attempt";
import { Notice, type NoticeContent } from "@/features/errors/notice";
import { NotFoundMessage } from "@/features/errors/not-found-message";
import { UpdatesProvider } from "@/features/insights/updates";
import { changeBoard, removeBoard } from "@/features/views/actions";
import { NameDialog } from "@/features/views/name-dialog";
import {
  byName,
  moved,
  TILES_MAX,
  VIEW_PAGES,
  viewsOf,
  withBoard,
  withoutBoard,
} from "@/features/views/saved";
import { useSaved } from "@/features/views/saved-provider";
import { ConfirmMenu } from "@/ui/confirm-menu";
import { Picker } from "@/ui/picker";
import { SavedUnavailable } from "./saved-unavailable";
import { Tile, type TileMove } from "./tile";

const STILL_SAVING = { title: "The last change is still being saved", text: "Try again in a moment." };

/** A board with the views that it shows. */
export function Board({ board_id }: { readonly board_id: string }) {
  const { boards, isKnown } = useSaved();
  const board = boards.find((one) => one.board_id === board_id);
  if (board) return <OpenBoard board={board} />;
  if (isKnown) return <NotFoundMessage />;
  return (
    <main className="mx-auto max-w-5xl px-3 py-5 sm:px-6">
      <h1 className="sr-only">Board</h1>
      <SavedUnavailable />
    </main>
  );
}

function OpenBoard({ board }: { readonly board: BoardDescription }) {
  const saved = useSaved();
  const { canEdit, update } = saved;
  const boards = usePath()("boards");
  const router = useRouter();
  const tiles = useRef<HTMLUListElement>(null);
  const [isRenaming, setIsRenaming] = useState(false);
  const [isPending, setIsPending] = useState(false);
  const [notice, setNotice] = useState<NoticeContent>();
  const views = viewsOf(saved, board);
  const others = byName(saved.views).filter(({ view_id }) => !board.view_ids.includes(view_id));

  const change = async (changes: BoardChange, done: string): Promise<boolean> => {
    if (isPending) {
      setNotice({ error: STILL_SAVING });
      return false;
    }
    setIsPending(true);
    const changed = await attempt(changeBoard(board, changes));
    setIsPending(false);
    if (typeof changed === "string") {
      setNotice({ error: changed });
      return false;
    }
    flushSync(() => {
      update((current) => withBoard(current, changed));
      setNotice({ done });
    });
    return true;
  };
  const act = async (view_id: string, name: string, action: TileMove): Promise<void> => {
    const places = action === "remove" ? 0 : action;
    const ids = places
      ? moved(board.view_ids, view_id, places)
      : board.view_ids.filter((one) => one !== view_id);
    const place = `position ${ids.indexOf(view_id) + 1} of ${ids.length}`;
    const done = places ? `“${name}” moved to ${place}.` : `“${name}” removed from the board.`;
    if (await change({ view_ids: ids }, done)) focusTile(tiles.current, places ? view_id : undefined, places);
  };
  const remove = async (): Promise<void> => {
    const result = await attempt(removeBoard(board.board_id));
    if (result !== "removed") return setNotice({ error: result });
    return startTransition(() => {
      router.push(boards);
      update((current) => withoutBoard(current, board.board_id)); // together with the next page
    });
  };
  return (
    <main className="mx-auto max-w-[120rem] space-y-4 px-3 py-5 sm:px-6">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h1 className="min-w-0 text-xl font-semibold wrap-anywhere">{board.name}</h1>
        {canEdit && (
          <div className="flex flex-wrap items-center gap-2">
            {board.view_ids.length < TILES_MAX && (
              <Picker
                label="Add view"
                placeholder="Add view"
                options={others.map(({ view_id, name, page }) => ({
                  value: view_id,
                  title: name,
                  note: VIEW_PAGES[page],
                }))}
                onSelect={(view_id) =>
                  void change({ view_ids: [...board.view_ids, view_id] }, "The view is added at the end.")
                }
              />
            )}
            <button type="button" className="button" onClick={() => setIsRenaming(true)}>
              Rename
            </button>
            <ConfirmMenu
              label={`Delete the board ${board.name}`}
              button="Delete"
              action="Delete board"
              onConfirm={() => void remove()}
            >
              Delete “{board.name}” for all members? Its views are kept.
            </ConfirmMenu>
          </div>
        )}
      </div>
      <Notice notice={notice} takesFocus={!views.length} />
      {views.length ? (
        <UpdatesProvider>
          <ul ref={tiles} aria-label="Views" className="grid gap-x-4 gap-y-6 xl:grid-cols-2">
            {views.map((view, index) => (
              <li key={view.view_id} data-view={view.view_id} className="min-w-0">
                <Tile
                  view={view}
                  isFirst={index === 0}
                  isLast={index === views.length - 1}
                  isPending={isPending}
                  onAct={canEdit ? (action) => void act(view.view_id, view.name, action) : undefined}
                />
              </li>
            ))}
          </ul>
        </UpdatesProvider>
      ) : (
        <Empty canEdit={canEdit} hasViews={saved.views.length > 0} />
      )}
      {isRenaming && (
        <NameDialog
          title="Rename board"
          name={board.name}
          submit="Rename"
          onSubmit={(name) => changeBoard(board, { name })}
          onDone={(changed) => {
            update((current) => withBoard(current, changed));
            setIsRenaming(false);
            setNotice({ done: `The board is now called “${changed.name}”.` });
          }}
          onClose={() => setIsRenaming(false)}
        />
      )}
    </main>
  );
}

/** Focus the button that moved a tile, or the first tile after another one was removed. */
function focusTile(tiles: HTMLElement | null, view_id: string | undefined, places: number): void {
  const tile = view_id ? tiles?.querySelector(`[data-view="${view_id}"]`) : tiles?.firstElementChild;
  const buttons = tile?.querySelectorAll<HTMLElement>("[data-move]") ?? [];
  const own = [...buttons].find(({ dataset }) => dataset["move"] === String(places));
  (own ?? buttons[0])?.focus();
}

interface EmptyProps {
  readonly canEdit: boolean;
  readonly hasViews: boolean;
}

function Empty({ canEdit, hasViews }: EmptyProps) {
  const explore = usePath()("explore");
  return (
    <p className="rounded-lg border border-dashed border-line px-4 py-10 text-center text-muted">
      {!canEdit && "This board has no views yet."}
      {canEdit && hasViews && "This board has no views yet. Choose “Add view”."}
      {canEdit && !hasViews && (
        <>
          No views are saved yet. Choose “Save view” on a page such as{" "}
          <Link href={explore} className="underline underline-offset-2">
            Explore
          </Link>
          , then add the view to this board.
        </>
      )}
    </p>
  );
}

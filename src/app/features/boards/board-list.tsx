"use client";

import type { BoardDescription, ViewDescription } from "@acme/analytics-sdk";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { type ReactNode, useState } from "react";
import { useSession } from "@/features/auth/session-provider";
import { useZone } from "@/features/clock/clock";
import { localDay } from "@/features/clock/zones";
import { formatDay } from "@/features/dashboard/format";
import { attempt } from "@/features/errors/attempt";
import { Notice, type NoticeContent } from "@/features/errors/notice";
import { boardPath } from "@/features/navigation/paths";
import { newBoard, removeBoard, removeView } from "@/features/views/actions";
import { NameDialog } from "@/features/views/name-dialog";
import { addressOf, byName, VIEW_PAGES, withBoard, withoutBoard, withoutView } from "@/features/views/saved";
import { useSaved } from "@/features/views/saved-provider";
import { ConfirmMenu } from "@/ui/confirm-menu";
import { Panel } from "@/ui/panel";
import { SavedUnavailable } from "./saved-unavailable";

/** All boards and saved views of the organisation. */
export function BoardList() {
  const { views, boards, canEdit, isKnown, update } = useSaved();
  const { org_id } = useSession();
  const zone = useZone();
  const router = useRouter();
  const [isAdding, setIsAdding] = useState(false);
  const [notice, setNotice] = useState<NoticeContent>();
  const dropBoard = async ({ board_id, name }: BoardDescription): Promise<void> => {
    const result = await attempt(removeBoard(board_id));
    if (result !== "removed") return setNotice({ error: result });
    update((saved) => withoutBoard(saved, board_id));
    return setNotice({ done: `Board “${name}” deleted.` });
  };
  const dropView = async ({ view_id, name }: ViewDescription): Promise<void> => {
    const result = await attempt(removeView(view_id));
    if (typeof result === "string") return setNotice({ error: result });
    update((saved) => withoutView(saved, view_id, result.boards));
    return setNotice({ done: `View “${name}” deleted.` });
  };
  return (
    <main className="mx-auto max-w-5xl space-y-4 px-3 py-5 sm:px-6">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h1 className="text-xl font-semibold">Boards</h1>
        {canEdit && isKnown && (
          <button type="button" className="button button-main" onClick={() => setIsAdding(true)}>
            New board
          </button>
        )}
      </div>
      <Notice notice={notice} takesFocus />
      {!isKnown && <SavedUnavailable />}
      {isKnown && (
        <>
          <List
            title="Boards"
            empty={
              canEdit
                ? "No boards yet. A board shows several saved views on one page."
                : "No boards yet. Members of the organisation can create them."
            }
          >
            {byName(boards).map((board) => (
              <Row
                key={board.board_id}
                href={boardPath(org_id, board.board_id)}
                name={board.name}
                note={`${countOf(board.view_ids.length)}, changed on ${formatDay(localDay(board.updated_at, zone))}`}
                onDelete={canEdit ? () => void dropBoard(board) : undefined}
                kind="board"
                effect="Its views are kept."
              />
            ))}
          </List>
          <List
            title="Saved views"
            empty={
              canEdit
                ? "No saved views yet. Choose “Save view” on a page such as Explore."
                : "No saved views yet. Members of the organisation can save them."
            }
          >
            {byName(views).map((view) => (
              <Row
                key={view.view_id}
                href={addressOf(org_id, view)}
                name={view.name}
                note={`${VIEW_PAGES[view.page]}, changed on ${formatDay(localDay(view.updated_at, zone))}`}
                onDelete={canEdit ? () => void dropView(view) : undefined}
                kind="view"
                effect="It is also removed from boards."
              />
            ))}
          </List>
        </>
      )}
      {isAdding && (
        <NameDialog
          title="New board"
          hint="All members of the organisation can see the board."
          submit="Create board"
          onSubmit={newBoard}
          onDone={(board) => {
            update((saved) => withBoard(saved, board));
            router.push(boardPath(org_id, board.board_id));
          }}
          onClose={() => setIsAdding(false)}
        />
      )}
    </main>
  );
}

interface ListProps {
  readonly title: string;
  readonly empty: string;
  readonly children: readonly ReactNode[];
}

function List({ title, empty, children }: ListProps) {
  return (
    <Panel title={title}>
      {children.length ? (
        <ul className="divide-y divide-line border-t border-line text-sm">{children}</ul>
      ) : (
        <p className="px-4 pb-5 text-sm text-muted">{empty}</p>
      )}
    </Panel>
  );
}

interface RowProps {
  readonly href: string;
  readonly name: string;
  readonly note: string;
  readonly kind: "board" | "view";
  /** What else happens when it is deleted. */
  readonly effect: string;
  readonly onDelete: (() => void) | undefined;
}

function Row({ href, name, note, kind, effect, onDelete }: RowProps) {
  return (
    <li className="flex items-center justify-between gap-3 px-4 py-2">
      <span className="min-w-0">
        <Link href={href} className="font-medium wrap-anywhere underline-offset-2 hover:underline">
          {name}
        </Link>
        <span className="block text-xs text-muted">{note}</span>
      </span>
      {onDelete && (
        <span className="shrink-0">
          <ConfirmMenu
            label={`Delete the ${kind} ${name}`}
            button="Delete"
            action={`Delete ${kind}`}
            onConfirm={onDelete}
          >
            Delete “{name}” for all members? {effect}
          </ConfirmMenu>
        </span>
      )}
    </li>
  );
}

function countOf(views: number): string {
  if (!views) return "No views";
  return views === 1 ? "1 view" : `${views} views`;
}

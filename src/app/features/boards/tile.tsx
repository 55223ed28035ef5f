"use client";

import type { ViewDescription } from "@acme/analytics-sdk";
import Link from "next/link";
import { type ComponentType, lazy, type LazyExoticComponent, Suspense } from "react";
import { useSession } from "@/features/auth/session-provider";
import { addressOf, VIEW_PAGES } from "@/features/views/saved";
import { Skeleton } from "@/ui/skeleton";
import { TileBoundary } from "./tile-boundary";

/** Moves a tile by a number of places, or removes it. */
export type TileMove = -1 | 1 | "remove";

export interface TileProps {
  /** The query of the view's address. */
  readonly state: string;
}

/** What a tile shows for a view of each page. Boards load only the code of the pages that they show. */
const CONTENTS: Readonly<Record<ViewDescription["page"], LazyExoticComponent<ComponentType<TileProps>>>> = {
  overview: lazy(() => import("./overview-tile")),
  explore: lazy(() => import("./explore-tile")),
  funnels: lazy(() => import("./funnel-tile")),
  retention: lazy(() => import("./retention-tile")),
  users: lazy(() => import("./users-tile")),
  live: lazy(() => import("./live-tile")),
};

interface Props {
  readonly view: ViewDescription;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  /** Whether a change of the board is being stored. */
  readonly isPending: boolean;
  /** Undefined if the user may not change the board. */
  readonly onAct: ((action: TileMove) => void) | undefined;
}

/** A saved view on a board, with a link to its page. */
export function Tile({ view, isFirst, isLast, isPending, onAct }: Props) {
  const { org_id } = useSession();
  const Content = CONTENTS[view.page];
  return (
    <div className="space-y-2">
      <div className="flex items-start justify-between gap-3">
        <h2 className="min-w-0 pt-1 font-semibold wrap-anywhere">
          <Link href={addressOf(org_id, view)} className="underline-offset-2 hover:underline">
            {view.name}
          </Link>{" "}
          <span className="text-sm font-normal text-muted">{VIEW_PAGES[view.page]}</span>
        </h2>
        {onAct && (
          <fieldset aria-label={`Position of ${view.name}`} className="flex shrink-0 gap-1">
            <Move move={-1} name={view.name} isOff={isFirst || isPending} onAct={onAct} />
            <Move move={1} name={view.name} isOff={isLast || isPending} onAct={onAct} />
            <Move move="remove" name={view.name} isOff={isPending} onAct={onAct} />
          </fieldset>
        )}
      </div>
      <TileBoundary key={view.version}>
        <Suspense fallback={<Skeleton className="h-80" />}>
          <Content state={view.state} />
        </Suspense>
      </TileBoundary>
    </div>
  );
}

const MOVES: Readonly<Record<TileMove, readonly [label: string, text: string]>> = {
  [-1]: ["Move up", "↑"],
  1: ["Move down", "↓"],
  remove: ["Remove from the board", "Remove"],
};

interface MoveProps {
  readonly move: TileMove;
  readonly name: string;
  readonly isOff: boolean;
  readonly onAct: (action: TileMove) => void;
}

/** A button that keeps the focus while it can't be used, which a disabled button doesn't. */
function Move({ move, name, isOff, onAct }: MoveProps) {
  const [label, text] = MOVES[move];
  return (
    <button
      type="button"
      data-move={move}
      aria-label={`${label}: ${name}`}
      aria-disabled={isOff}
      className="button px-2 py-1 aria-disabled:opacity-50"
      onClick={() => {
        if (!isOff) onAct(move);
      }}
    >
      {text}
    </button>
  );
}

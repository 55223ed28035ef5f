"use client";

import { createContext, type ReactNode, use, useCallback, useMemo, useState } from "react";
import { useSession } from "@/features/auth/session-provider";
import type { Saved } from "./saved";

interface SavedViews extends Saved {
  /** Whether the server could read the views and boards. */
  readonly isKnown: boolean;
  /** Whether the user may save and change views and boards. */
  readonly canEdit: boolean;
  readonly update: (change: (current: Saved) => Saved) => void;
}

const NOTHING: Saved = { views: [], boards: [] };
const SavedContext = createContext<SavedViews | undefined>(undefined);

/** Return the saved views and boards of the organisation. */
export function useSaved(): SavedViews {
  const saved = use(SavedContext);
  if (!saved) throw new Error("useSaved needs a <SavedProvider>.");
  return saved;
}

interface SavedProviderProps {
  /** Undefined if the server couldn't read them. */
  readonly rendered: Saved | undefined;
  readonly children: ReactNode;
}

/**
 * Provides the saved views and boards to all pages, and their changes by this tab.
 *
 * Unlike the data of a page, they outlive the page. What the server renders later therefore replaces the changes.
 */
export function SavedProvider({ rendered, children }: SavedProviderProps) {
  const isKnown = rendered !== undefined;
  const canEdit = useSession().scopes.includes("views:write") && isKnown;
  const [changed, setChanged] = useState<{ readonly of: Saved; readonly saved: Saved }>();
  const of = rendered ?? NOTHING;
  const saved = changed?.of === of ? changed.saved : of;
  const update = useCallback(
    (change: (current: Saved) => Saved) =>
      setChanged((last) => ({ of, saved: change(last?.of === of ? last.saved : of) })),
    [of],
  );
  const value = useMemo(() => ({ ...saved, update, isKnown, canEdit }), [saved, update, isKnown, canEdit]);
  return <SavedContext value={value}>{children}</SavedContext>;
}

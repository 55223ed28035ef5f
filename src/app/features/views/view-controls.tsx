"use client";

import type { ViewDescription } from "@acme/analytics-sdk";
import { usePathname } from "next/navigation";
import { lazy, type ReactNode, Suspense, useEffect, useRef, useState } from "react";
import { attempt } from "@/features/errors/attempt";
import { textOf } from "@/features/errors/error-messages";
import { ConfirmMenu } from "@/ui/confirm-menu";
import { closeMenu, Menu } from "@/ui/menu";
import { useToast } from "@/ui/toast";
import { replaceQuery, useQuery } from "@/ui/use-query";
import { changeView, removeView, saveView } from "./actions";
import { NameDialog } from "./name-dialog";
import { isSameState, openedIn, stateIn, viewPageIn, withOpened, withoutView, withView } from "./saved";
import { useSaved } from "./saved-provider";

const AlertDialog = lazy(() => import("@/features/alerts/alert-dialog"));
const ShareDialog = lazy(() => import("@/features/shares/share-dialog"));

/** Saves the state of the page as a view, and changes the view that is opened. */
export function ViewControls() {
  const path = usePathname();
  const page = viewPageIn(path);
  const query = useQuery();
  const { views, canEdit, update } = useSaved();
  const [dialog, setDialog] = useState<"save" | "rename" | "share" | "alert">();
  const { toast, show } = useToast();
  const [isSaving, setIsSaving] = useState(false);
  const [done, setDone] = useState<object>();
  const controls = useRef<HTMLFieldSetElement>(null);
  useEffect(() => {
    if (done) controls.current?.focus(); // the button of the action may have disappeared
  }, [done]);
  if (!page) return null;
  const opened = views.find(({ view_id, page: own }) => view_id === openedIn(query) && own === page);
  const state = stateIn(query);
  if (!canEdit) return opened && <p className="max-w-60 truncate text-sm text-muted">View: {opened.name}</p>;

  const report = (text: string): void => {
    setDialog(undefined);
    setDone({});
    show(text);
  };
  /** Open this view, unless the user has left the page or opened another view in the meantime. */
  const showOpened = (view_id: string | undefined): void => {
    if (location.pathname === path && openedIn(location.search) === openedIn(query))
      replaceQuery(withOpened(stateIn(location.search), view_id));
  };
  const saved = (view: ViewDescription, text: string): void => {
    update((current) => withView(current, view));
    report(text);
  };
  const saveChanges = async (view: ViewDescription): Promise<void> => {
    if (isSaving) return;
    setIsSaving(true);
    const changed = await attempt(changeView(view, { state }));
    setIsSaving(false);
    if (typeof changed === "string") report(textOf(changed));
    else saved(changed, `Changes to “${view.name}” saved.`);
  };
  const remove = async ({ view_id, name }: ViewDescription): Promise<void> => {
    const result = await attempt(removeView(view_id));
    if (typeof result === "string") return report(textOf(result));
    update((current) => withoutView(current, view_id, result.boards));
    showOpened(undefined);
    return report(`View “${name}” deleted.`);
  };
  return (
    <fieldset ref={controls} tabIndex={-1} aria-label="Saved view" className="flex shrink-0 gap-2">
      {opened ? (
        <>
          {!isSameState(opened.state, state) && (
            <button
              type="button"
              aria-disabled={isSaving}
              className="button aria-disabled:opacity-50"
              onClick={() => void saveChanges(opened)}
            >
              Save changes
            </button>
          )}
          <Menu
            label={`View: ${opened.name}`}
            className="select-button"
            button={<span className="truncate">{opened.name}</span>}
          >
            <MenuButton onClick={() => setDialog("save")}>Save as a new view…</MenuButton>
            <MenuButton onClick={() => setDialog("rename")}>Rename…</MenuButton>
            <MenuButton onClick={() => setDialog("share")}>Share link…</MenuButton>
            <MenuButton onClick={() => setDialog("alert")}>Alerts…</MenuButton>
            <div className="px-2 py-1">
              <ConfirmMenu
                label={`Delete the view ${opened.name}`}
                button="Delete"
                action="Delete view"
                onConfirm={() => void remove(opened)}
              >
                Delete “{opened.name}” for all members? It is also removed from boards, its share links stop
                working, and its alerts are deleted.
              </ConfirmMenu>
            </div>
          </Menu>
        </>
      ) : (
        <button type="button" className="button" onClick={() => setDialog("save")}>
          Save view
        </button>
      )}
      {dialog === "save" && (
        <NameDialog
          title="Save view"
          hint="All members of the organisation can open the view."
          submit="Save"
          onSubmit={(name) => saveView({ name, page, state })}
          onDone={(view) => {
            showOpened(view.view_id);
            saved(view, `View “${view.name}” saved.`);
          }}
          onClose={() => setDialog(undefined)}
        />
      )}
      {dialog === "rename" && opened && (
        <NameDialog
          title="Rename view"
          name={opened.name}
          submit="Rename"
          onSubmit={(name) => changeView(opened, { name })}
          onDone={(view) => saved(view, `The view is now called “${view.name}”.`)}
          onClose={() => setDialog(undefined)}
        />
      )}
      {dialog === "alert" && opened && (
        <Suspense>
          <AlertDialog view={opened} onClose={() => setDialog(undefined)} />
        </Suspense>
      )}
      {dialog === "share" && opened && (
        <Suspense>
          <ShareDialog view={opened} onClose={() => setDialog(undefined)} />
        </Suspense>
      )}
      {toast}
    </fieldset>
  );
}

interface MenuButtonProps {
  readonly onClick: () => void;
  readonly children: ReactNode;
}

/** A button that closes the menu, which then receives the focus, and acts. */
function MenuButton({ onClick, children }: MenuButtonProps) {
  return (
    <button
      type="button"
      className="menu-item"
      onClick={({ currentTarget }) => {
        closeMenu(currentTarget);
        onClick();
      }}
    >
      {children}
    </button>
  );
}

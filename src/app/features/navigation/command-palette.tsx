"use client";

import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import { usePath, useSession } from "@/features/auth/session-provider";
import { addressOf, byName } from "@/features/views/saved";
import { useSaved } from "@/features/views/saved-provider";
import { Dialog } from "@/ui/dialog";
import { SearchList } from "@/ui/search-list";
import { usePages } from "./pages";
import { boardPath, pathOf } from "./paths";

/** A dialog that ⌘K or Ctrl+K opens, to go to a page, a board, a saved view or another organisation. */
export function CommandPalette() {
  const [isOpen, setIsOpen] = useState(false);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.key !== "k" || !(event.metaKey || event.ctrlKey) || event.shiftKey || event.altKey) return;
      event.preventDefault();
      setIsOpen(true);
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, []);
  return isOpen && <Palette onClose={() => setIsOpen(false)} />;
}

function Palette({ onClose }: { readonly onClose: () => void }) {
  const { organizations, org_id } = useSession();
  const path = usePath();
  const router = useRouter();
  const pages = usePages().map(({ page, title }) => ({ value: path(page), title }));
  const { views, boards } = useSaved();
  const saved = [
    ...byName(boards).map(({ board_id, name }) => ({
      value: boardPath(org_id, board_id),
      title: name,
      note: "board",
    })),
    ...byName(views).map((view) => ({
      value: addressOf(org_id, view),
      title: view.name,
      note: "saved view",
    })),
  ];
  const own = [...pages, ...saved];
  const others = organizations
    .filter((one) => one.org_id !== org_id)
    .map((one) => ({ value: pathOf(one.org_id, "overview"), title: one.name, note: "organisation" }));
  const open = (address: string): void => {
    onClose();
    // Another organisation is loaded as a whole page, as by the menu of organisations.
    if (own.some(({ value }) => value === address)) router.push(address);
    else location.assign(address);
  };
  return (
    <Dialog title="Go to" onClose={onClose}>
      <SearchList label="Pages, views and organisations" options={[...own, ...others]} onSelect={open} />
    </Dialog>
  );
}

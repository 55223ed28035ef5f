"use client";

import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import { usePath, useSession } from "@/features/auth/session-provider";
import { Dialog } from "@/ui/dialog";
import { SearchList } from "@/ui/search-list";
import { usePages } from "./pages";
import { pathOf } from "./paths";

/** A dialog that ⌘K or Ctrl+K opens, to go to a page or to another organisation. */
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
  const others = organizations
    .filter((one) => one.org_id !== org_id)
    .map((one) => ({ value: pathOf(one.org_id, "overview"), title: one.name, note: "organisation" }));
  const open = (address: string): void => {
    onClose();
    // Another organisation is loaded as a whole page, as by the menu of organisations.
    if (pages.some(({ value }) => value === address)) router.push(address);
    else location.assign(address);
  };
  return (
    <Dialog title="Go to" onClose={onClose}>
      <SearchList label="Pages and organisations" options={[...pages, ...others]} onSelect={open} />
    </Dialog>
  );
}

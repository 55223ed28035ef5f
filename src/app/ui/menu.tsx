import { type ReactNode, useId } from "react";

interface MenuProps {
  /** The content of the button. */
  readonly button: ReactNode;
  /** The button's name for screen readers. */
  readonly label: string;
  readonly children: ReactNode;
}

/** A button that opens a popover. Escape and a click outside close it. */
export function Menu({ button, label, children }: MenuProps) {
  const id = useId();
  return (
    <>
      <button type="button" popoverTarget={id} aria-label={label} className="menu-button">
        {button}
        <svg aria-hidden="true" viewBox="0 0 16 16" className="size-4 shrink-0 text-muted">
          <path d="m4 6 4 4 4-4" fill="none" stroke="currentColor" strokeWidth="1.5" />
        </svg>
      </button>
      <div id={id} popover="auto" className="menu">
        {children}
      </div>
    </>
  );
}

/** Close the menu that contains this element. The menu's button receives the focus. */
export function closeMenu(element: Element): void {
  const menu = element.closest<HTMLElement>("[popover]");
  if (menu?.matches(".menu") && "hidePopover" in menu) menu.hidePopover();
}

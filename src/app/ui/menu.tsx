import { type ReactNode, type ToggleEvent, useId, useState } from "react";
import { flushSync } from "react-dom";

interface MenuProps {
  /** The content of the button. */
  readonly button: ReactNode;
  /** The button's name for screen readers. */
  readonly label: string;
  /** The button's class. */
  readonly className?: string;
  readonly children: ReactNode;
}

/** A button that opens a popover. Escape and a click outside close it. */
export function Menu({ button, label, className = "menu-button", children }: MenuProps) {
  const id = useId();
  return (
    <>
      <button type="button" popoverTarget={id} aria-label={label} className={className}>
        {button}
        <Arrow />
      </button>
      <div id={id} popover="auto" className="menu">
        {children}
      </div>
    </>
  );
}

/** A menu whose content is rendered only while it is open. */
export function LazyMenu({ button, label, className = "menu-button", children }: MenuProps) {
  const id = useId();
  const [isOpen, setIsOpen] = useState(false);
  // Browsers without popovers show a menu while it has the focus, and don't report that it is opened.
  const open = (): void => {
    if (!("popover" in HTMLElement.prototype)) setIsOpen(true);
  };
  // The browser focuses an element with `autofocus` when it shows the menu, if the element exists by then.
  const render = ({ newState }: ToggleEvent<HTMLElement>): void =>
    flushSync(() => setIsOpen(newState === "open"));
  return (
    <>
      <button type="button" popoverTarget={id} aria-label={label} className={className} onFocus={open}>
        {button}
        <Arrow />
      </button>
      <div id={id} popover="auto" className="menu" onBeforeToggle={render}>
        {isOpen && children}
      </div>
    </>
  );
}

function Arrow() {
  return (
    <svg aria-hidden="true" viewBox="0 0 16 16" className="size-4 shrink-0 text-muted">
      <path d="m4 6 4 4 4-4" fill="none" stroke="currentColor" strokeWidth="1.5" />
    </svg>
  );
}

/** Close the menu that contains this element. The menu's button receives the focus. */
export function closeMenu(element: Element): void {
  const menu = element.closest<HTMLElement>("[popover]");
  if (menu?.matches(".menu") && "hidePopover" in menu) menu.hidePopover();
}
